import { describe, expect, it } from 'vitest';
import { problemsOf, replaced, shipWith } from './catalog-fixture.ts';

describe('a workflow', () => {
  it.each([
    {
      given: 'names of nothing',
      text: replaced(
        'service: web, environment: prod }',
        'service: wep, environment: production, infrastructure: dc }',
      ),
      expected: [
        "workflows.ship.service: there is no service 'wep'. Did you mean 'web'?",
        "workflows.ship.environment: there is no environment 'production'. Existing: 'prod', 'qa'.",
      ],
    },
    {
      given: 'an infrastructure of another environment, or none where there are two',
      text: `${replaced('environment: prod }', 'environment: prod, infrastructure: one }')}  other: { type: basic, service: web, environment: qa }\n  third: { type: basic, service: worker, environment: qa, infrastructure: two }\n`,
      expected: [
        "workflows.ship.infrastructure: there is no infrastructure 'one' in environment 'prod'. Existing: 'dc1'.",
        "workflows.other.environment: the infrastructure is not named, and the environment 'qa' has 2 for it. Add infrastructure: with one of one, two.",
        "workflows.third.infrastructure: the infrastructure 'two' is not for the service 'worker'. Name the service in its services:, or choose another. For this one: one.",
      ],
    },
    {
      given: 'members of families that an execution would not have',
      text: shipWith('    verify:\n      - script: echo ${app.accountId} ${env.accountId} ${workflow.release}\n'),
      expected: [
        expect.stringContaining("app has no 'accountId'"),
        expect.stringContaining("env has no 'accountId'"),
        expect.stringContaining("workflow has no 'release'"),
      ],
    },
    {
      given: 'config files of another environment, or of another service here',
      text: shipWith(
        '    verify:\n      - script: echo ${configFile.getAsString("everywhere.conf")} ${configFile.getAsString("app.conf")}\n      - script: echo ${configFile.getAsString("qa.conf")} ${configFile.getAsString("worker.conf")}\n',
      )
        .replace('variables: { level: everywhere, region: eu }', 'configFiles: { everywhere.conf: x }')
        .replace('overrides: {', 'overrides: { worker: { configFiles: { worker.conf: x } },')
        .replace('  qa:\n', '  qa:\n    configFiles: { qa.conf: x }\n'),
      expected: [
        "workflows.ship.verify[1].script: column 19: configFile has no 'qa.conf'. Existing: app.conf, everywhere.conf.",
        "workflows.ship.verify[1].script: column 56: configFile has no 'worker.conf'. Existing: app.conf, everywhere.conf.",
      ],
    },
    {
      given: 'batches in a basic one, hosts that do not exist',
      text: shipWith('    batch: 2\n    hosts: [h1, h9]\n'),
      expected: [
        expect.stringContaining('workflows.ship.batch: batches belong to rolling workflows'),
        "workflows.ship.hosts[1]: there is no host 'h9'. Existing: 'h1', 'h2', 'h3'.",
      ],
    },
    {
      given: 'hosts by expressions that nobody knows; what the others come to is known later',
      text: shipWith(
        "    inputs: { target: h1 }\n    hosts: ['${workflow.variables.target}', '${workflow.variables.other}']\n",
      ),
      expected: [expect.stringContaining("workflows.ship.hosts[1]: column 22: workflow.variables has no 'other'")],
    },
    {
      given: 'the same where hosts are selected by a step',
      text: shipWith(
        "    inputs: { target: h1 }\n    sections:\n      Prepare Infra: [select-nodes: { hosts: ['${workflow.variables.target}', '${workflow.variables.other}'] }]\n",
      ),
      expected: [
        expect.stringContaining(
          'workflows.ship.sections["Prepare Infra"][0].select-nodes.hosts[1]: column 22: workflow.variables has no \'other\'',
        ),
      ],
    },
    {
      given: 'a blue-green workflow where nothing can change places',
      text: replaced('type: basic, service: web', 'type: blue-green, service: web'),
      expected: [
        "workflows.ship.type: the infrastructure 'dc1' has no groups and no loadBalancer to swap traffic. Add groups: { blue: [...], green: [...] } and loadBalancer: { haproxy: …, backend: … }; or swap: directories to the workflow.",
      ],
    },
    {
      given: 'neither a service nor an environment',
      text: replaced('type: basic, service: web, environment: prod', 'type: basic'),
      expected: [
        'workflows.ship: the workflow has no environment. Add environment: with a name, or ${Environment} to be asked for it.',
        'workflows.ship: the workflow has no service. Add service: with a name, or ${Service} to be asked for it.',
      ],
    },
    {
      given: 'sections that do not exist, and two ways to say one thing',
      text: shipWith(
        '    hosts: 1\n    verify: [script: a]\n    sections:\n      Verify Service: [script: b]\n      Prepare Infra: [select-nodes: { count: 1 }]\n      Deploy Servce: [script: c]\n    rollback: { Prepare Infra: [] }\n',
      ),
      expected: [
        expect.stringContaining("workflows.ship.hosts: 'hosts' and the section 'Prepare Infra' say the same"),
        expect.stringContaining("workflows.ship.verify: 'verify' and the section 'Verify Service' say the same"),
        "workflows.ship.sections[\"Deploy Servce\"]: there is no section 'Deploy Servce'. Did you mean 'Deploy Service'?",
        expect.stringContaining('workflows.ship.rollback["Prepare Infra"]: there is no section \'Prepare Infra\''),
      ],
    },
    {
      given: 'hosts selected twice, late, in two ways, in a rollback',
      text: shipWith(`    sections:
      Prepare Infra: [command: Install]
      Enable Service: [select-nodes: { count: 1, percent: 20 }, select-nodes: { count: 1 }]
    rollback:
      Stop Service: [select-nodes: { count: 1 }]
`),
      expected: [
        'workflows.ship.sections["Prepare Infra"][0]: the command comes before the hosts are selected. Select the hosts in Prepare Infra.',
        'workflows.ship.sections["Enable Service"][0]: hosts are selected in exactly one way. Write count, percent, hosts or group.',
        'workflows.ship.sections["Enable Service"][1]: hosts are selected once in a phase, and they have been before. Keep one select-nodes.',
        'workflows.ship.rollback["Stop Service"][0]: hosts cannot be selected here. Select them in the section Prepare Infra.',
      ],
    },
    {
      given: 'named hosts in every batch',
      text: shipWith('    sections: { Prepare Infra: [select-nodes: { hosts: [h1] }] }\n').replace(
        'type: basic',
        'type: rolling',
      ),
      expected: [
        'workflows.ship.sections["Prepare Infra"][0].select-nodes.hosts: a rolling workflow goes over every host of the infrastructure, batch after batch. Write count or percent: how many at a time.',
      ],
    },
    {
      given: 'no hosts selected at all',
      text: shipWith('    sections: { Prepare Infra: [] }\n'),
      expected: [expect.stringContaining('no step selects the hosts that commands run on')],
    },
    {
      given: 'a secret in a condition, directly or through a variable',
      text: shipWith(`    verify:
      - { script: a, skip: '\${secrets.getValue("env:X")} == "a"' }
      - { script: b, skip: '\${serviceVariable.token} == "a"' }
      - { script: c, skip: '\${nothing} == 1' }
      - { script: d, skip: '== 1' }
`),
      expected: [
        expect.stringContaining('may not use a secret'),
        expect.stringContaining('may not use a secret'),
        expect.stringContaining("'nothing' is not known here"),
        expect.stringMatching(/^workflows.ship.verify\[3\].skip: /),
      ],
    },
    {
      given: 'unknown members everywhere',
      text: shipWith(`    verify:
      - http: http://\${instance.hostname}/\${env.nam}
        assert: \${httpResponseCod} == 200
        body: \${workflow.variables.tikcet}
      - command: Instal
    inputs: { ticket: { required: true } }
`),
      expected: [
        expect.stringMatching(/^workflows.ship.verify\[0\].http: .*'hostname'.*hostName/),
        expect.stringMatching(/^workflows.ship.verify\[0\].http: .*'nam'.*name/),
        expect.stringMatching(/^workflows.ship.verify\[0\].assert: .*'httpResponseCod' is not known here/),
        expect.stringMatching(/^workflows.ship.verify\[0\].body: .*'tikcet'.*ticket/),
        "workflows.ship.verify[1].command: the service has no command 'Instal'. Did you mean 'Install'?",
      ],
    },
    {
      given: 'what belongs to the deployment, outside of it',
      text: shipWith(
        '    phases: [{}]\n    before: [script: "${serviceVariable.port}", command: Install]\n    after: [{ script: "${instance.name}", on: hosts }]\n',
      ).replace('type: basic', 'type: canary'),
      expected: [
        expect.stringContaining(
          "workflows.ship.before[0].script: 'serviceVariable' is not known here: service and hosts belong to the deployment",
        ),
        expect.stringContaining('workflows.ship.before[1]: commands run on the hosts of the deployment'),
        expect.stringContaining("workflows.ship.after[0].script: 'instance' is not known here"),
        expect.stringContaining('workflows.ship.after[0].on: there are no hosts here'),
      ],
    },
    {
      given: 'names of steps twice, and strategies for steps that do not exist',
      text: shipWith(`    sections:
      Wrap Up:
        steps: [{ script: a, name: One, withPrevious: true }, { script: b, name: One }, script: c]
        onFailure: [{ do: ignore, steps: [One, Shell Script, Two] }]
      Deploy Service:
        onFailure: [{ do: abort, steps: [Install, Instal] }]
    onFailure: [{ do: ignore, steps: [x] }, { on: [any, timeout], every: 5s }]
`),
      expected: [
        expect.stringContaining('workflows.ship.sections["Wrap Up"].steps[0].withPrevious: there is no step before it'),
        expect.stringContaining("two steps of the section are called 'One'"),
        expect.stringContaining("no step of the section is called 'Two'"),
        expect.stringContaining("no step of the section is called 'Instal'. Did you mean 'Install'?"),
        expect.stringContaining(
          'workflows.ship.onFailure[0].steps: steps can be named in the onFailure of a section only',
        ),
        expect.stringContaining('workflows.ship.onFailure[1]: the entry says nothing to do'),
        expect.stringContaining("workflows.ship.onFailure[1].on: 'any' includes all others"),
        expect.stringContaining("workflows.ship.onFailure[1].every: 'every' belongs to retry"),
      ],
    },
    {
      given: 'inputs that contradict themselves',
      text: shipWith(`    inputs:
      a: { fixed: true }
      b: { values: [x], default: y }
      c: { pattern: '(' }
      d: { type: number, default: many }
      e: { of: ssh/tar }
`),
      expected: [
        expect.stringContaining("workflows.ship.inputs.a.fixed: the input 'a' is fixed and has no value"),
        expect.stringContaining("workflows.ship.inputs.b.default: 'y' is not among the allowed values"),
        expect.stringContaining('workflows.ship.inputs.c.pattern: this is no regular expression'),
        expect.stringContaining("workflows.ship.inputs.d.default: 'many' is no number"),
        expect.stringContaining("workflows.ship.inputs.e.of: 'of' belongs to inputs that choose a service"),
      ],
    },
    {
      given: 'agents that would not count, and those of an infrastructure that nobody asked for or there is not',
      text: shipWith(`    before: [{ script: a, agents: x, infrastructureAgents: true }]
    phases:
      - verify:
          - { script: a, agents: x }
          - { script: b, agents: [x, y], infrastructureAgents: false }
          - { script: c, infrastructureAgents: true }
          - { script: d, agents: x, infrastructureAgents: true }
`).replace('type: basic', 'type: canary'),
      expected: [
        expect.stringContaining(
          'workflows.ship.before[0].infrastructureAgents: there is no infrastructure here: service and hosts belong',
        ),
        'workflows.ship.phases[0].verify[0].agents: the infrastructure has agents, dc1, and these alone would count. Add infrastructureAgents: true for an agent that carries both, or remove agents.',
        expect.stringContaining('workflows.ship.phases[0].verify[1].agents: the infrastructure has agents, dc1'),
        expect.stringContaining('workflows.ship.phases[0].verify[2].infrastructureAgents: the step names no agents'),
      ],
    },
    {
      given: 'defaults of inputs that mean nothing, that are secrets, or that are no text',
      text: shipWith(`    inputs:
      a: '\${instance.hostName} \${serviceVariable.level} \${HOME}'
      b: '\${instance.hostname}'
      c: '\${secrets.getValue("env:TOKEN")}'
      d: { type: email, default: '\${app.name}@x' }
      e: { default: '\${env.name}', pattern: '[a-z]+' }
`),
      expected: [
        expect.stringMatching(/^workflows.ship.inputs.b: .*'hostname'.*hostName/),
        expect.stringContaining('workflows.ship.inputs.c: the default of an input is shown to whoever starts'),
        expect.stringContaining('workflows.ship.inputs.d.default: values of inputs are not evaluated'),
        expect.stringContaining("workflows.ship.inputs.e.default: '${env.name}' does not match [a-z]+"),
      ],
    },
    {
      given: 'secret outputs, before something was deployed and the step refuses to run',
      text: shipWith("    verify: [{ script: 'id=1 key=2', outputs: { id: string, key: secret } }]\n"),
      expected: [
        'workflows.ship.verify[0].outputs.key: no agent can send a secret output yet. Write string, if it may be seen; or leave it out.',
      ],
    },
    {
      given: 'a step whose time is over before it has tried for as long as it says',
      text: shipWith(
        "    verify: [{ http: 'http://x', retryFor: 1m, timeout: 30s }, { http: 'http://x', retryFor: 1m, timeout: 1m }]\n",
      ),
      expected: [
        'workflows.ship.verify[0].timeout: the step goes on trying for 1m, and its time is over before. Write a longer one, or leave it out.',
      ],
    },
    {
      given: 'values of an answer by functions that there are not',
      text: shipWith(`    verify:
      - http: http://x
        variables: { a: 'xml.select("/a", httpResponseBody)', b: '\${json.selct("a", httpResponseBody)}', c: httpResponseCode }
`),
      expected: [
        expect.stringContaining('workflows.ship.verify[0].variables.a: column 7: xml.select is not supported yet'),
        expect.stringContaining("workflows.ship.verify[0].variables.b: column 8: there is no function 'json.selct'"),
      ],
    },
    {
      given: 'settings that are more than one input',
      text: replaced(
        'service: web, environment: prod }',
        'service: "web-${Service}", environment: "${Environment}", inputs: { Environment: { type: text } } }',
      ),
      expected: [
        expect.stringContaining("workflows.ship.service: 'service' is a name or one input alone"),
        expect.stringContaining(
          "workflows.ship.inputs.Environment.type: the input 'Environment' chooses the environment",
        ),
      ],
    },
  ])('$given', ({ text, expected }) => {
    expect(problemsOf(text)).toEqual(expected);
  });
});
