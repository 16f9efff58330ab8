import { describe, expect, it } from 'vitest';
import {
  ATTEMPT,
  agentStep,
  hostNamed,
  onFailure,
  onePhase,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import type { PhasePlan, RunPlan, StepPlan } from './plan.ts';
import { taskOfAttempt, tryTask } from './task.ts';

const STEP = 'x1/run/p1.0/deploy/install';
const secret = (name: string) => ({ parts: [{ late: 'secret', name }] });
const script = (text: string, more: object = {}) => ({ script: text, shell: 'sh', on: 'hosts', outputs: {}, ...more });

const source = { kind: 'DIRECTORY', path: '/builds', match: '.*' } as const;
const artifact = (build: string) => ({
  service: 'web',
  source,
  build,
  fileName: 'web.tgz',
  location: 'web.tgz',
  sha256: null,
  metadata: {},
});

const made = (step: Partial<StepPlan> = {}, phase: Partial<PhasePlan> = {}) => {
  const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install', { waitMs: 1, ...step })])], { phase }));
  return tryTask(play.execution, STEP, 'h1');
};
const task = (step: Partial<StepPlan> = {}, phase: Partial<PhasePlan> = {}) => {
  const result = made(step, phase);
  if (!result.ok) throw new Error(result.failures.map((each) => each.message).join('; '));
  return result.task;
};
const problems = (step: Partial<StepPlan> = {}, phase: Partial<PhasePlan> = {}) => {
  const result = made(step, phase);
  return result.ok ? [] : result.failures.map(({ code, field, message }) => [code, field ?? null, message]);
};

describe('the task of an attempt', () => {
  it('says everything its agent needs', () => {
    expect(task()).toEqual({
      attemptId: ATTEMPT,
      executionId: 'x1',
      type: 'SHELL_SCRIPT',
      title: 'ship / Phase p1 / deploy / install on h1',
      parameters: { script: 'true', shell: 'sh', on: 'hosts', outputs: {} },
      target: hostNamed('h1'),
      context: {
        environment: {},
        layers: [],
        paths: { runtime: '$HOME/runtime', backup: '$HOME/backup', staging: '$HOME/staging' },
        artifact: null,
        mapping: 'app/env/inf/svc',
        configFiles: [],
      },
      timeoutMs: 60_000,
      cancelGraceMs: 1_000,
      idempotent: false,
    });
  });

  it('is made again alike for the attempt that stands in the journal, and for later ones', () => {
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])]));
    const first = taskOfAttempt(play.execution, ATTEMPT);
    expect(first).toEqual(tryTask(play.execution, STEP, 'h1'));
    expect(taskOfAttempt(play.execution, ATTEMPT.replace('#1', '#12'))).toMatchObject({
      ok: true,
      task: { attemptId: ATTEMPT.replace('#1', '#12'), target: { name: 'h1' } },
    });
  });

  it('on an agent has no target', () => {
    const play = new Play(onePhase([sectionPlan('s', [agentStep('a')])], { phase: { hosts: [hostNamed('-')] } }));
    const onAgent = tryTask(play.execution, 'x1/run/p1.0/s/a', '-');
    expect(onAgent).toMatchObject({ ok: true, task: { target: null, title: 'ship / Phase p1 / s / a' } });
  });

  it('outside a phase has no paths, no files, no mapping', () => {
    const play = new Play(
      onePhase([], { run: { pre: sectionPlan('pre', [agentStep('a', { artifact: 'current' })]) } }),
    );
    const outside = tryTask(play.execution, 'x1/run/pre.0/pre/a', '-');
    expect(outside.ok && outside.task.context).toEqual({
      environment: {},
      layers: [],
      paths: { runtime: '', backup: '', staging: '' },
      artifact: null,
      mapping: null,
      configFiles: [],
    });
  });

  it('has the artifact its step asks for', () => {
    const both = { artifact: artifact('2'), rollbackArtifact: artifact('1') };
    expect(task({ artifact: 'current' }, both).context.artifact?.build).toBe('2');
    expect(task({ artifact: 'rollback' }, both).context.artifact?.build).toBe('1');
    expect(task({ artifact: null }, both).context.artifact).toBeNull();
    expect(task({ artifact: 'current' }).context.artifact).toBeNull();
  });

  it('has its expressions resolved, per target', () => {
    const parameters = script(
      'echo ${env.name} ${service.name} ${instance.hostName} ${host.ip} ${instance.variables.zone}',
    );
    const hosts = [{ ...hostNamed('h1'), variables: { zone: 'b' } }];
    const resolved = task(
      { parameters },
      {
        hosts,
        environment: { PORT: '${serviceVariable.port}', KEY: '${secret}' },
        families: { service: { name: 'web' }, serviceVariable: { port: '80' }, secret: secret('key') },
        paths: { runtime: '/srv/${service.name}', backup: '/b/${env.name}', staging: '/s/${host.hostName}' },
        configFiles: [{ path: '/etc/${service.name}', content: 'port=${serviceVariable.port}', mode: '0600' }],
      },
    );
    expect(resolved.parameters).toMatchObject({ script: 'echo prod web h1 127.0.0.1 b' });
    expect(resolved.context).toMatchObject({
      environment: { PORT: '80', KEY: secret('key') },
      paths: { runtime: '/srv/web', backup: '/b/prod', staging: '/s/h1' },
      configFiles: [{ path: '/etc/web', content: 'port=80', mode: '0600' }],
    });
  });

  it('knows what runs and where', () => {
    const text =
      '${currentStep.name} ${currentStep.type} ${instance.name} ${instance.host.hostName} ${host.publicDns} ${host.port} ${instance.ip}';
    expect(task({ parameters: script(text) }).parameters).toMatchObject({
      script: 'install SHELL_SCRIPT h1 h1 127.0.0.1 22 127.0.0.1',
    });
  });

  it('has secrets only as references', () => {
    const families = { keys: { token: secret('token') } };
    expect(task({ parameters: script('curl ${keys.token}') }, { families }).parameters).toMatchObject({
      script: { parts: ['curl ', { late: 'secret', name: 'token' }] },
    });
  });

  it('leaves to the agent what only the agent can tell, with all that it may need for it', () => {
    const http = {
      type: 'HTTP',
      parameters: { url: 'http://${instance.hostName}', assert: '${httpResponseCode} == ${env.name}', on: 'hosts' },
    };
    const asking = task(http);
    expect(asking.parameters).toEqual({ url: 'http://h1', assert: '${httpResponseCode} == ${env.name}', on: 'hosts' });
    expect(asking.context.layers.length).toBeGreaterThan(0);
    expect(Object.keys(asking.context.layers[0] ?? {})).toEqual(['currentStep', 'instance', 'host']);
  });
});

describe('what cannot be made a task', () => {
  it.each<[string, Partial<StepPlan>, Partial<PhasePlan>, readonly unknown[]]>([
    [
      'an unknown value',
      { parameters: script('${env.x}') },
      {},
      [['EXPRESSION', 'script', "column 7: env has no 'x'; it has name"]],
    ],
    [
      'a parameter of another shape',
      { parameters: script('true', { shell: 'fish', workingDirectory: 4 }) },
      {},
      [
        [
          'INVALID_INPUT',
          'parameters.shell',
          expect.stringContaining("step 'install': parameters.shell: Invalid option"),
        ],
        ['INVALID_INPUT', 'parameters.workingDirectory', expect.stringContaining('Invalid input')],
      ],
    ],
    [
      'an environment that cannot be resolved',
      {},
      { environment: { A: '${env.x}' } },
      [['EXPRESSION', 'variables.A', "column 7: env has no 'x'; it has name"]],
    ],
    [
      'paths that cannot be resolved',
      {},
      { paths: { runtime: '${env.r}', backup: '${env.b}', staging: '${env.s}' } },
      [
        ['EXPRESSION', 'RUNTIME_PATH', "column 7: env has no 'r'; it has name"],
        ['EXPRESSION', 'BACKUP_PATH', "column 7: env has no 'b'; it has name"],
        ['EXPRESSION', 'STAGING_PATH', "column 7: env has no 's'; it has name"],
      ],
    ],
    [
      'a path with a secret in it',
      {},
      { paths: { runtime: '/x/${key}', backup: '', staging: '' }, families: { key: secret('key') } },
      [['EXPRESSION', 'RUNTIME_PATH', 'RUNTIME_PATH may not hold a secret']],
    ],
    [
      'files that cannot be resolved',
      {},
      { configFiles: [{ path: '/${env.p}', content: '${env.c}', mode: '0600' }] },
      [
        ['EXPRESSION', 'configFiles./${env.p}', "column 8: env has no 'p'; it has name"],
        ['EXPRESSION', 'configFiles./${env.p}', "column 7: env has no 'c'; it has name"],
      ],
    ],
    [
      'all of it at once',
      { parameters: script('${env.x}', { shell: 'fish' }) },
      { environment: { A: '${env.y}' } },
      [
        ['EXPRESSION', 'script', "column 7: env has no 'x'; it has name"],
        ['EXPRESSION', 'variables.A', "column 7: env has no 'y'; it has name"],
      ],
    ],
  ])('%s', (_, step, phase, expected) => {
    expect(problems(step, phase)).toEqual(expected);
  });

  it('is a step of a type that nobody knows only for its agent', () => {
    expect(task({ type: 'NEW_THING', parameters: { any: '${env.name}' } }).parameters).toEqual({ any: 'prod' });
  });

  it('fails the step, and is told with it', () => {
    const parameters = script('true', { shell: 'fish' });
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install', { parameters })])])).run(() => failed());
    expect(play.execution.runs[0]?.failure?.field).toBe('parameters.shell');
    expect(play.execution.status).toBe('FAILED');
    expect(succeeded.outcome).toBe('SUCCESS');
  });
});

describe('what a deployment takes away from its hosts', () => {
  const releases = { good: [], since: 0, before: 7, files: [] };
  const install = stepPlan('install', { type: 'COMMAND', parameters: { command: 'Install', units: [] } });
  const start = stepPlan('start', { type: 'COMMAND', parameters: { command: 'Start', units: [] } });
  const told = (phase: Partial<PhasePlan>, run: Partial<RunPlan> = {}) => {
    const sections = [sectionPlan('deploy', [install, start]), sectionPlan('verify', [stepPlan('check')])];
    const plan = onePhase(sections, { phase: { keep: 2, ...phase } });
    const stages = plan.stages.map((stage) => ({
      ...stage,
      runs: stage.runs.map((each) => ({ ...each, families: { timestampId: '1-2' }, ...run })),
    }));
    const play = new Play({ ...plan, stages });
    const found: unknown[] = [];
    play.finish((id) => {
      const made = taskOfAttempt(play.execution, id);
      found.push([id.split('/').at(-1), made.ok ? made.task.context.releases : made.failures]);
      return id.includes('check') ? failed() : succeeded;
    });
    return found;
  };

  it('is told to the last command of it, and to nothing that takes it back', () => {
    const rollback = [sectionPlan('undo', [{ ...install, id: 'again' }], { undoes: 'deploy' })];
    expect(told({ releases, rollback })).toEqual([
      ['install@h1#1', undefined],
      ['start@h1#1', { id: '1-2', keep: 2, ...releases }],
      ['check@h1#1', undefined],
      ['again@h1#1', undefined],
    ]);
  });

  it('is told to what cleans up at the end, where the plan has it', () => {
    const cleanUp = sectionPlan('cleanup', [{ ...install, id: 'prune' }]);
    const check = sectionPlan('verify', [stepPlan('check')], { failureStrategies: [onFailure('IGNORE')] });
    expect(told({ releases, cleanUp, sections: [sectionPlan('deploy', [install, start]), check] })).toEqual([
      ['install@h1#1', undefined],
      ['start@h1#1', undefined],
      ['check@h1#1', undefined],
      ['prune@h1#1', { id: '1-2', keep: 2, ...releases }],
    ]);
  });

  it('is nothing where the plan does not say what is good, and in a rollback after success', () => {
    const nothing = ['install', 'start', 'check'].map((step) => [`${step}@h1#1`, undefined]);
    expect(told({}).slice(0, 3)).toEqual(nothing);
    expect(told({ releases }, { undoing: true }).slice(0, 3)).toEqual(nothing);
  });
});

it('the task of an attempt is made anew when something else was published meanwhile', () => {
  const reads = { script: 'deploy ${context.facts.version}', shell: 'sh', on: 'agent', outputs: {} };
  const steps = [
    agentStep('find', { publish: { name: 'facts', scope: 'WORKFLOW' } }),
    agentStep('use', { parameters: reads }),
  ];
  const planned = onePhase([sectionPlan('s', steps)]);
  const madeAfter = (version: string) => {
    const play = new Play(planned).run((id) =>
      id.includes('/find@') ? { outcome: 'SUCCESS', touched: false, outputs: { version } } : null,
    );
    const made = taskOfAttempt(play.execution, 'x1/run/p1.0/s/use@-#1');
    return made.ok ? made.task.parameters : made.failures;
  };
  for (const version of ['1', '2', '1']) expect(madeAfter(version)).toMatchObject({ script: `deploy ${version}` });
});

describe('a swap of traffic', () => {
  const balancer = { product: 'HAPROXY', sockets: ['unix:/h'], over: null, backend: 'web', servers: {} };
  const groups = { blue: ['h1', 'h2'], green: ['h3', 'h4'] };
  const swap = stepPlan('swap', { type: 'SWAP_TRAFFIC', runs: 'agent', parameters: { balancer, groups, to: 'blue' } });
  const tolerant = onFailure('ROLLBACK_WORKFLOW', { tolerate: { count: 1 } });
  const swapped = (reachable: boolean, checked = true) => {
    const sections = [
      sectionPlan('infra', [selectStep({ group: 'blue' })]),
      sectionPlan('deploy', [stepPlan('install')], { failureStrategies: [tolerant] }),
      sectionPlan('routes', [swap]),
      sectionPlan('verify', [agentStep('check')]),
    ];
    const rollback = [sectionPlan('back', [{ ...swap, id: 'swap-back' }], { undoes: 'routes' })];
    const hosts = ['h1', 'h2', 'h3', 'h4'].map(hostNamed);
    const play = new Play(onePhase(sections, { phase: { hosts, groups, rollback } }));
    const offered: unknown[] = [];
    play.finish((id) => {
      const made = id.includes('swap') ? taskOfAttempt(play.execution, id) : null;
      if (made?.ok === true) offered.push((made.task.parameters as { readonly groups: unknown }).groups);
      const fails = id.includes('/check@') ? !checked : id.includes('/install@h2') && !reachable;
      return fails ? failed() : succeeded;
    });
    return offered;
  };

  it('is between all hosts of the groups', () => {
    expect(swapped(true)).toEqual([groups]);
  });

  it('gives none to a host that was left behind, and gives it back to all', () => {
    const left = { blue: ['h1'], green: ['h3', 'h4'], '(left behind)': ['h2'] };
    expect(swapped(false, false)).toEqual([left, groups]);
  });
});
