import { describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import {
  captureScope,
  configured,
  evaluateCondition,
  family,
  file,
  late,
  pending,
  resolveTemplate,
  runtime,
  scope,
  secretValue,
  supplyLate,
  variables,
  withLayer,
  INSTANCE_FAMILIES,
  RESPONSE_FAMILY,
  type Layer,
} from './index.ts';

const plan = scope([
  { context: family({ build: runtime({ tag: '1.2', planted: '${env.name}' }) }) },
  {
    env: variables({ name: 'qa', unused: 'x' }),
    service: family({ name: configured('web') }),
    serviceVariable: variables({ port: '80', path: '/${env.name}', pw: 'p=${secrets.getValue("db")}' }),
    configFile: family({ c: file(configured('n=${env.name}'), runtime('YQ==')) }, { closed: true }),
    token: late({ late: 'secretOutput', name: 'login', path: 'token' }),
    soon: pending,
    ...INSTANCE_FAMILIES,
    ...RESPONSE_FAMILY,
  },
]);

const captured = (...texts: readonly string[]): Layer => {
  const outcome = captureScope(
    texts.map((text) => ({ text, language: 'text' })),
    plan,
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failures));
  return outcome.value;
};

describe('captureScope', () => {
  it('takes what the texts name and nothing else, evaluated', () => {
    expect(captured('${env.name}${serviceVariable.path}${HOME}${soon}')).toEqual({
      env: family({ name: runtime('qa') }, { closed: true }),
      serviceVariable: family({ path: runtime('/qa') }, { closed: true }),
    });
  });

  it('keeps secrets as references and leaves out what the agent puts in', () => {
    expect(
      captured(
        '${serviceVariable.pw} ${secrets.getValue("x")} ${token} ${instance.name} ${httpResponseCode} ${host.ip}',
      ),
    ).toEqual({
      serviceVariable: family(
        { pw: { kind: 'late', text: { parts: ['p=', { late: 'secret', name: 'db' }] } } },
        { closed: true },
      ),
      secrets: family({ x: late({ late: 'secret', name: 'x' }) }),
      token: late({ late: 'secretOutput', name: 'login', path: 'token' }),
    });
  });

  it('takes a whole family where the member is only known on the agent', () => {
    expect(captured('${env.get(instance.name)}')).toEqual({
      env: family({ name: runtime('qa'), unused: runtime('x') }, { closed: true }),
    });
    expect(captured('${env.name} ${env.get(instance.name)} ${env.name}')).toEqual({
      env: family({ name: runtime('qa'), unused: runtime('x') }, { closed: true }),
    });
  });

  it('refuses secrets whose name is not written down', () => {
    const outcome = captureScope([{ text: '${secrets.getValue(env.name)}', language: 'text', field: 'body' }], plan);
    expect(outcome.ok ? null : outcome.failures[0]).toMatchObject({ code: 'EXPRESSION', field: 'body' });
  });

  it('makes the agent evaluate as if it had the whole scope', () => {
    const text =
      '${context.build.tag}/${build.planted}/${configFile.getAsString("c")}/${instance.name.toUpperCase()}/${serviceVariable.pw}/${secrets.getValue("db").length()}/${service.name}';
    const supplied = supplyLate(captured(text), () => 'hush');
    if (!supplied.ok) throw new Error('not supplied');
    const json: Json = supplied.value; // a layer is Json: it can be journaled and sent
    const sent = JSON.parse(JSON.stringify(json)) as Layer; // and comes out as it went in
    const agent = withLayer({ instance: family({ name: runtime('web-1') }) }, scope([sent]));
    expect(resolveTemplate(text, agent, { onAgent: true })).toEqual({
      ok: true,
      value: '1.2/${env.name}/n=qa/WEB-1/p=hush/4/web',
    });
    expect(evaluateCondition("serviceVariable.pw == 'p=hush'", agent, { onAgent: true })).toMatchObject({ ok: false });
    expect(resolveTemplate('${secrets.getValue("other")}', agent, { onAgent: true })).toMatchObject({
      failures: [{ code: 'SECRET_UNAVAILABLE' }],
    });
  });

  it('shows no secret in a message', () => {
    const agent = scope([{ pw: secretValue('hush'), out: runtime({ a: 1, hushed: 2 }) }]);
    const outcome = resolveTemplate('${out[pw]} ${out.get(pw + "x").y()}', agent, { onAgent: true });
    expect(outcome).toMatchObject({ ok: false });
    expect(JSON.stringify(outcome)).toContain("out has no '***'");
    expect(JSON.stringify(outcome)).not.toContain('hush');
  });

  it('says what the agent does not have', () => {
    const supplied = supplyLate(captured('${secrets.getValue("a")} ${token}'), () => undefined);
    expect(supplied.ok ? [] : supplied.failures.map((each) => each.code)).toEqual([
      'SECRET_UNAVAILABLE',
      'SECRET_UNAVAILABLE',
    ]);
  });
});
