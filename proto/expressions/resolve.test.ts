import { describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import * as expressions from './index.ts';
import { configured, family, file, late, lateFamily, resolveTemplate, runtime, scope, variables } from './index.ts';
import { LIMITS } from './limits.ts';

const world = scope([
  {
    context: family({
      build: runtime({ tag: '1.2', var: 'kept', planted: '${secrets.getValue("db")}', list: ['a', 'b'], env: 'qa-1' }),
      'web-1': runtime({ var1: 'first' }),
    }),
  },
  {
    app: family({ name: configured('shop'), defaults: variables({ RUNTIME_PATH: '$HOME/${app.name}/runtime' }) }),
    account: family({ defaults: variables({ REGION: 'eu' }) }, { closed: true }),
    env: family({ name: configured('testing'), environmentType: runtime('NON_PROD') }, { closed: true }),
    service: family({ name: configured('web') }),
    workflow: family(
      { name: runtime('ship'), pipelineDeploymentUuid: runtime(null), variables: variables({ ns: 'team', n: 3 }) },
      { closed: true },
    ),
    serviceVariable: variables({
      port: '8080',
      url: 'http://${service.name}:${serviceVariable.port}/',
      fromWorkflow: '${workflow.variables.ns}-x',
      fromRun: '${build.planted}',
      shell: '${HOME}/bin',
      password: 'p=${secrets.getValue("db")};',
      self: '${serviceVariable.self}',
      a: '${serviceVariable.b}',
      b: '${serviceVariable.a}',
      typo: '${env.nmae}',
      map: { host: '${service.name}.example', inner: { deep: '${env.name}' } },
    }),
    artifact: family(
      {
        fileName: runtime('todolist.war'),
        label: runtime({ k: 'v' }),
        metadata: runtime({ image: 'shop/web:7', SHA: 'abc' }),
      },
      { closed: true },
    ),
    rollbackArtifact: runtime(null),
    terraformPlan: runtime({ jsonFilePath: '/tmp/plan.json' }),
    configFile: family({ 'app.conf': file(configured('name=${app.name}'), runtime('bmFtZT0=')) }, { closed: true }),
    ref: runtime('refs/heads/main'),
    changes: runtime([{ new: { name: 'main' }, refId: 'refs/heads/x' }]),
    host: lateFamily('instance', 'host'),
    instance: lateFamily('instance'),
    token: late({ late: 'secretOutput', name: 'login', path: 'token' }),
    timestampId: runtime('17-123'),
  },
]);

const text = (template: string): unknown => {
  const resolution = resolveTemplate(template, world);
  return resolution.ok ? resolution.value : resolution.failures.map((each) => each.message);
};

describe('what is ours', () => {
  it.each([
    ['', ''],
    ['plain text', 'plain text'],
    ['${env.name}', 'testing'],
    ['a ${ env . name } b', 'a testing b'],
    ['$${env.name}$', '$testing$'],
    ['{${env.name}}', '{testing}'],
    ['${workflow.variables.ns}/${workflow.variables.n}', 'team/3'],
    ['${app.defaults.RUNTIME_PATH}', '$HOME/shop/runtime'],
    ['${account.defaults.REGION}', 'eu'],
    ['${serviceVariable.url}', 'http://web:8080/'],
    ['${serviceVariable.fromWorkflow}', 'team-x'],
    ['${serviceVariable.map.inner.deep}', 'testing'],
    ['${json.format(serviceVariable.map)}', '{"host":"web.example","inner":{"deep":"testing"}}'],
    ['${workflow.pipelineDeploymentUuid}|${rollbackArtifact.metadata.image}|', '||'],
    ['${artifact.metadata.image}', 'shop/web:7'],
    ['${artifact${".metadata.image"}}', 'shop/web:7'],
    ['${artifact.label.get("k")}', 'v'],
    ['${artifact.metadata.getSHA()}', 'abc'],
    ['${terraformPlan.jsonFilePath()}', '/tmp/plan.json'],
    ["${artifact['fileName']}", 'todolist.war'],
    ["${ref.split('/')[2]}-catalog", 'main-catalog'],
    ["${ref.split('refs/heads/')[1]}", 'main'],
    ["${changes[0].'new'.name}", 'main'],
    ["${changes[0].refId.split('refs/heads/')[1]}", 'x'],
    ["${'a.b.c'.split('.')[0]}", 'a'],
    ['${configFile.getAsString("app.conf")}', 'name=shop'],
    ['${configFile.getAsBase64("app.conf")}', 'bmFtZT0='],
    ['${timestampId}', '17-123'],
    ['${"${env.name}-${build.tag}"}', 'testing-1.2'],
    ['${"\\${env.name}"}', '${env.name}'],
    ['${env.name == "testing"}', 'true'],
    ['${1 + 2 * 3}|${7 div 2}|${7 mod 2}|${7.0 / 2.5}', '7|3|1|2.8'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('what was published', () => {
  it.each([
    ['${build.tag}', '1.2'],
    ['${context.build.tag}', '1.2'],
    ['${context.get("build").tag}', '1.2'],
    ["${build.get('var')}", 'kept'],
    ['${build.list[1]}', 'b'],
    ['${build.list.get(0)}', 'a'],
    ['${build.list}', '["a","b"]'],
    ['${build.get("none")}', ''],
    ['${context.get("web-" + 1).var1}', 'first'],
    ['${context.get("web-${build.tag.substring(0, 1)}").var1}', 'first'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('what is left for the shell', () => {
  it.each([
    '${HOME}',
    '$HOME ${HOME}/x',
    '${VAR:-default}',
    '${VAR:-it\'s "fine}',
    '${#list[@]} ${list[@]} ${list[0]} ${!name}',
    '${1} ${10} ${@} ${?} ${*}',
    '${path%.*} ${path##*/} ${a//x/y} ${a^^} ${a-b} ${a+b} ${a=b}',
    '${host} ${app} ${env} ${instance} ${context} ${build} ${json}',
    '${env:-prod} ${env-prod} ${host%%.*} ${app/foo/bar} ${env+x}',
    '${unknown.member.of("x")}',
    '${constructor} ${__proto__} ${toString}',
    '${',
    '${}',
    '$',
    '${ unfinished',
    "awk '{print $1}' ${",
  ])('%s', (template) => expect(text(template)).toBe(template));

  it.each([
    ['${HOME:-${env.name}}', '${HOME:-testing}'],
    ['${HOME-${env.name}}', '${HOME-testing}'],
    ['${X:-${Y:-${service.name}}}', '${X:-${Y:-web}}'],
    ['# in a comment: ${env.name}', '# in a comment: testing'],
    ['${serviceVariable.shell}', '${HOME}/bin'],
    // An open family: what it does not have stays as it stands.
    ['${service.unheard}', '${service.unheard}'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('what no shell will see', () => {
  const strictly = (template: string): unknown => {
    const resolution = resolveTemplate(template, world, { strict: true });
    return resolution.ok ? resolution.value : resolution.failures.map((each) => each.message).join();
  };
  it.each([
    ['${HOME}', "'HOME' is not known here"],
    ['${VAR:-x}', "expected '}' but found ':'"],
    ['${env}', "'env' is a family; name one of its members"],
    ['${service.unheard}', "service has no 'unheard'"],
    ['a ${', 'expected a name or a value but found the end'],
  ])('%s fails', (template, message) => expect(strictly(template)).toContain(message));

  it.each([
    ['${env.name}', 'testing'],
    ['${secrets.getValue("db")}', { parts: [{ late: 'secret', name: 'db' }] }],
  ])('%s resolves', (template, expected) => expect(strictly(template)).toEqual(expected));
});

describe('what is never evaluated again', () => {
  it.each([
    ['${build.planted}', '${secrets.getValue("db")}'],
    ['${serviceVariable.fromRun}', '${secrets.getValue("db")}'],
    ["${build.planted.replace('x', 'y')}", '${secrets.getValue("db")}'],
    ['${"${build.planted}"}', '${secrets.getValue("db")}'],
    ["${'$' + '{env.name}'}", '${env.name}'],
  ])('%s → %s', (template, expected) => expect(text(template)).toBe(expected));
});

describe('what only the agent knows', () => {
  it.each([
    ['${secrets.getValue("db")}', { parts: [{ late: 'secret', name: 'db' }] }],
    ['${serviceVariable.password}', { parts: ['p=', { late: 'secret', name: 'db' }, ';'] }],
    ['a${serviceVariable.password}b', { parts: ['ap=', { late: 'secret', name: 'db' }, ';b'] }],
    ['${token}', { parts: [{ late: 'secretOutput', name: 'login', path: 'token' }] }],
    [
      'http://${instance.hostName}:${serviceVariable.port}',
      { parts: ['http://', { late: 'instance', path: 'hostName' }, ':8080'] },
    ],
    ['${host.ec2Instance.tags[0]}', { parts: [{ late: 'instance', path: 'host.ec2Instance.tags[0]' }] }],
    ['${HOME:-${host.ip}}', { parts: ['${HOME:-', { late: 'instance', path: 'host.ip' }, '}'] }],
    ['${HOME-${host.ip}}', { parts: ['${HOME-', { late: 'instance', path: 'host.ip' }, '}'] }],
  ])('%s', (template, expected) => expect(text(template)).toEqual(expected));

  it.each([
    ['${secrets.getValue("db").length()}', "column 26: secret 'db' is only known on the agent: insert it whole"],
    ['${serviceVariable.password + "x"}', "secret 'db' is only known on the agent"],
    ['${token.toUpperCase()}', "secret output 'login.token' is only known on the agent"],
    ['${instance.hostName.split(".")[0]}', "'instance.hostName' is only known on the agent"],
    ['${context.get(instance.name).var1}', "'instance.name' is only known on the agent"],
    ['${regex.extract("x", secrets.getValue("db"))}', "secret 'db' is only known on the agent"],
  ])('%s is refused', (template, message) => expect(String(text(template))).toContain(message));
});

describe('what is wrong', () => {
  it.each([
    ['${env.nmae}', "column 7: env has no 'nmae' (did you mean 'name'?); it has environmentType, name"],
    ['x\ny ${env.none}', "line 2, column 9: env has no 'none'"],
    ['${build.tga}', "build has no 'tga' (did you mean 'tag'?)"],
    ['${workflow.variables.port}', "workflow.variables has no 'port'; it has n, ns"],
    ['${serviceVariable.typo}', "in the value of 'serviceVariable.typo', column 7: env has no 'nmae'"],
    ['${serviceVariable.self}', 'leads back to itself: serviceVariable.self → serviceVariable.self'],
    ['${serviceVariable.a}', 'serviceVariable.a → serviceVariable.b → serviceVariable.a'],
    ['${env.name', "column 11: expected '}' but found the end"],
    ['${env.name ? 1 : 2}', "there is no '? :' here"],
    ['${env.name = "x"}', "write '=='"],
    ['${env.name("x)}', 'is never closed'],
    ['${env.name-prod}', "'prod' is not known here"],
    ['${env.name.foo()}', "a text has no method 'foo'"],
    ['${env.name.length}', 'a method needs its ()'],
    ['${env.name.constructor}', 'has no members'],
    ['${env.constructor}', "env has no 'constructor'"],
    ['${env.__proto__}', "env has no '__proto__'"],
    ['${build.constructor}', "build has no 'constructor'"],
    ['${build.__proto__.x}', "build has no '__proto__'"],
    ['${build["__proto__"]}', "build has no '__proto__'"],
    ['${build.get("constructor").x.length()}', 'is null; it has no methods'],
    ['${build.list[7]}', "'build.list' has 2 elements; there is none at 7"],
    ['${build.list.tag}', 'take an element with [0]'],
    ['${secrets.value("x")}', "there is no function 'secrets.value'; there is secrets.getValue"],
    ['${secrets.db}', "'secrets' has functions only"],
    ['${json.pick("a", "b")}', "there is no function 'json.pick'; there is json.select"],
    ['${regex.extract("a")}', "'regex.extract' takes 2 arguments, not 1"],
    ['${regex.extract("(?=a)", "b")}', 'this is no regular expression'],
    ['${xml.select("/a", "<a/>")}', 'xml.select is not supported yet'],
    ['${jsonpath("a")}', "'jsonpath' reads the response of an HTTP step"],
    ['${configFile.getAsString("none")}', "configFile has no 'none'; it has app.conf"],
    ['${context.none.x.y()}', "context has no 'none'"],
    ['${artifact${".a(b)"}}', 'must be a path'],
    ['${1 / 0}', 'divides by zero'],
    ['${env.name * 2}', "'*' needs two numbers, not a text and a number"],
  ])('%s', (template, message) => {
    const outcome = text(template);
    expect(Array.isArray(outcome) && outcome.length).toBe(1);
    expect(String(outcome)).toContain(message);
  });

  it('tells everything at once, with field, position and what exists', () => {
    const outcome = resolveTemplate('${env.nmae} ${env.name} ${build.tga}', world, { field: 'a.script' });
    expect(outcome.ok ? [] : outcome.failures).toEqual([
      {
        code: 'EXPRESSION',
        field: 'a.script',
        message: "column 7: env has no 'nmae' (did you mean 'name'?); it has environmentType, name",
        details: { line: 1, column: 7, existing: ['environmentType', 'name'] },
      },
      {
        code: 'EXPRESSION',
        field: 'a.script',
        message: "column 33: build has no 'tga' (did you mean 'tag'?); it has env, list, planted, tag, var",
        details: { line: 1, column: 33, existing: ['env', 'list', 'planted', 'tag', 'var'] },
      },
    ]);
  });

  it('says UNSUPPORTED for what is not built', () => {
    const outcome = resolveTemplate('${xml.select("/a", "b")}', world);
    expect(outcome.ok ? null : outcome.failures[0]?.code).toBe('UNSUPPORTED');
  });
});

describe('precedence, innermost first', () => {
  const families = ['phase override', 'environment and service', 'environment, all services', 'service'];
  it.each(families)('the service variable of the layer %s hides those below it', (name) => {
    const layers = families.map((each) => ({ serviceVariable: variables({ port: each }) }));
    const from = families.indexOf(name);
    expect(resolveTemplate('${serviceVariable.port}', scope(layers.slice(from)))).toEqual({ ok: true, value: name });
  });

  it('overrides one variable and leaves the others of its family', () => {
    const layered = scope([
      { serviceVariable: variables({ port: '1' }) },
      { serviceVariable: variables({ port: '2', home: '/srv' }) },
    ]);
    expect(resolveTemplate('${serviceVariable.port} ${serviceVariable.home}', layered)).toEqual({
      ok: true,
      value: '1 /srv',
    });
  });

  it('names the members of every layer when there is no such one', () => {
    const layered = scope([{ serviceVariable: variables({ a: '1' }) }, { serviceVariable: variables({ b: '2' }) }]);
    const outcome = resolveTemplate('${serviceVariable.c}', layered);
    expect(outcome.ok ? '' : outcome.failures[0]?.details?.['existing']).toEqual(['a', 'b']);
  });

  it('takes a whole set of outputs from the innermost scope that published it', () => {
    const published = (tag: string): expressions.Layer => ({ context: family({ build: runtime({ tag }) }) });
    const layered = scope([published('phase'), published('workflow'), published('pipeline')]);
    expect(resolveTemplate('${build.tag} ${context.build.tag}', layered)).toEqual({ ok: true, value: 'phase phase' });
  });

  it('adds a layer before all others', () => {
    const outcome = resolveTemplate('${env.name}', expressions.withLayer({ env: variables({ name: 'inner' }) }, world));
    expect(outcome).toEqual({ ok: true, value: 'inner' });
  });
});

describe('limits', () => {
  const chain = (length: number): expressions.Scope =>
    scope([
      {
        v: variables(
          Object.fromEntries(
            Array.from({ length }, (_, index) => [`v${index}`, index === length - 1 ? 'end' : `\${v.v${index + 1}}`]),
          ),
        ),
      },
    ]);
  const firstMessage = (outcome: expressions.Resolution<unknown>): string =>
    outcome.ok ? 'ok' : (outcome.failures[0]?.message ?? '');

  it('follows five values and not six', () => {
    expect(resolveTemplate('${v.v0}', chain(6))).toEqual({ ok: true, value: 'end' });
    expect(firstMessage(resolveTemplate('${v.v0}', chain(7)))).toContain('more than 5 times: v.v0 → v.v1');
  });

  it('holds the steps in bounds however the values multiply', () => {
    const many = (name: string): string => `\${v.${name}}`.repeat(30);
    const bomb = scope([{ v: variables({ a: many('b'), b: many('c'), c: many('d'), d: many('e'), e: 'x' }) }]);
    expect(firstMessage(resolveTemplate('${v.a}', bomb))).toContain('more than 10000 steps');
  });

  it('refuses texts over 256 KB, before and after', () => {
    const big = 'x'.repeat(LIMITS.textBytes);
    expect(resolveTemplate(big, world)).toEqual({ ok: true, value: big });
    expect(firstMessage(resolveTemplate(`${big}x`, world))).toContain('over 262144 bytes');
    expect(firstMessage(resolveTemplate('é'.repeat(LIMITS.textBytes / 2 + 1), world))).toContain('over 262144 bytes');
    const half = scope([{ half: runtime('x'.repeat(LIMITS.textBytes / 2)) }]);
    expect(resolveTemplate('${half}${half}', half).ok).toBe(true);
    expect(firstMessage(resolveTemplate('${half}${half}.', half))).toContain('longer than 262144 bytes');
    expect(firstMessage(resolveTemplate("${half.replaceAll('x', half)}", half))).toContain('longer than 262144 bytes');
    expect(firstMessage(resolveTemplate("${half.replace('x', half)}", half))).toContain('longer than 262144 bytes');
    expect(firstMessage(resolveTemplate('${half.concat(half).concat("x")}', half))).toContain('longer than');
  });

  it('refuses more expressions than a text may hold, and tells at most a hundred failures', () => {
    expect(resolveTemplate('${env.name} '.repeat(9_000), world).ok).toBe(false);
    expect(resolveTemplate('${HOME} '.repeat(10_000), world).ok).toBe(true);
    expect(firstMessage(resolveTemplate('${HOME} '.repeat(10_001), world))).toContain('hold 10000 expressions');
    const outcome = resolveTemplate('${env.nmae} '.repeat(500), world);
    expect(outcome.ok ? 0 : outcome.failures.length).toBe(100);
  });

  it('refuses deep nesting and endless expressions', () => {
    expect(firstMessage(resolveTemplate(`\${${'('.repeat(60)}env.name${')'.repeat(60)}}`, world))).toContain('nest 50');
    expect(firstMessage(resolveTemplate(`\${env.name${' + 1'.repeat(1_000)}}`, world))).toContain('1000 parts');
    expect(resolveTemplate(`\${"" + ${Array.from({ length: 400 }, () => '"a"').join(' + ')}}`, world)).toEqual({
      ok: true,
      value: 'a'.repeat(400),
    });
  });
});

it('reads the same text in the same way however many others were read meanwhile', () => {
  const before = resolveTemplate('${env.name} ${env.x}', world);
  for (let index = 0; index < 1_000; index += 1) expect(text(`${index} \${env.name}`)).toBe(`${index} testing`);
  expect(resolveTemplate('${env.name} ${env.x}', world)).toEqual(before);
  expect(resolveTemplate('${env.name}', scope([{ env: variables({ name: 'other' }) }]))).toEqual({
    ok: true,
    value: 'other',
  });
});

describe('resolveValue', () => {
  it('resolves every text and keeps everything else', () => {
    const value: Json = { a: ['${env.name}', 1, null, true], b: { 'key ${env.name}': '${secrets.getValue("db")}' } };
    expect(expressions.resolveValue(value, world)).toEqual({
      ok: true,
      value: {
        a: ['testing', 1, null, true],
        b: { 'key ${env.name}': { parts: [{ late: 'secret', name: 'db' }] } },
      },
    });
  });

  it('names the path of every failure', () => {
    const outcome = expressions.resolveValue({ a: ['${env.x}', { b: '${env.y}' }] }, world, { field: 'step' });
    expect(outcome.ok ? [] : outcome.failures.map((each) => each.field)).toEqual(['step.a[0]', 'step.a[1].b']);
  });

  it('refuses what would be taken for a late text', () => {
    const forged = { body: { parts: [{ late: 'secret', name: 'root' }] } };
    const outcome = expressions.resolveValue(forged, world);
    expect(outcome.ok ? null : outcome.failures[0]?.field).toBe('body');
  });
});
