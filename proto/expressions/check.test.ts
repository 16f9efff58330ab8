import { describe, expect, it } from 'vitest';
import {
  checkExpressions,
  family,
  pending,
  runtime,
  scope,
  variables,
  INSTANCE_FAMILIES,
  RESPONSE_FAMILY,
} from './index.ts';

const plan = scope([
  {
    context: family({ build: family({ tag: pending }, { closed: true }) }, { closed: true }),
    env: variables({ name: 'qa' }),
    artifact: family({ fileName: pending }, { closed: true }),
    secrets: family({ db: pending }, { closed: true }),
    v: variables({ bad: '${env.nmae}', late: '${build.tag}-x', pw: '${secrets.getValue("db")}' }),
    n: runtime(1),
    ...INSTANCE_FAMILIES,
    ...RESPONSE_FAMILY,
  },
]);

describe('before anything runs', () => {
  it.each([
    '${env.name} ${build.tag} ${context.build.tag} ${HOME}',
    "${artifact.fileName.split('-')[1]}",
    '${v.late}',
    '${secrets.getValue("db")}',
    '${instance.hostName} ${host.ec2Instance.instanceId} ${instance.host.properties.rack}',
  ])('nothing is wrong with the text %s', (text) => expect(checkExpressions(text, 'text', plan)).toEqual([]));

  it.each(["build.tag == 'x' && env.name == 'qa'", "${artifact.fileName} =~ 'x'", 'n == 1'])(
    'nothing is wrong with the condition %s',
    (text) => expect(checkExpressions(text, 'condition', plan)).toEqual([]),
  );

  it.each([
    ['${env.nmae}', ["column 7: env has no 'nmae' (did you mean 'name'?); it has name"]],
    ['${build.tga}', ["column 9: build has no 'tga' (did you mean 'tag'?); it has tag"]],
    [
      '${v.bad}',
      ["column 5: in the value of 'v.bad', column 7: env has no 'nmae' (did you mean 'name'?); it has name"],
    ],
    ['${build.tag.concat(env.nmae)}', ["column 20: env has no 'nmae' (did you mean 'name'?); it has name"]],
    ['${secrets.getValue("dB")}', ["column 11: secrets has no 'dB' (did you mean 'db'?); it has db"]],
    ['${env.nmae} ${build.tga}', ["column 7: env has no 'nmae'", "column 21: build has no 'tga'"]],
    ['${instance.hostname}', ["column 12: instance has no 'hostname' (did you mean 'hostName'?)"]],
    ["${instance.hostName.split('.')[0]}", ['column 21: ', 'only known on the agent']],
    ['${regex.extrct("[0-9]+", artifact.fileName)}', ["there is no function 'regex.extrct'"]],
    ['${json.select(artifact.fileName)}', ["'json.select' takes 2 arguments, not 1"]],
    ['${xml.select("/a", artifact.fileName)}', ['xml.select is not supported yet']],
  ])('the text %s fails', (text, expected) => {
    const messages = checkExpressions(text, 'text', plan, { field: 'f' }).map((each) => each.message);
    expect(messages.length).toBe(expected.length === 2 && expected[1]?.startsWith('column') ? 2 : 1);
    for (const each of expected) expect(messages.join('\n')).toContain(each);
  });

  it.each([
    ["build.tag == 'x' && env.nmae == 'y'", "env has no 'nmae'"],
    ["env.name == 'x' && env.nmae == 'y'", "env has no 'nmae'"],
    ["build.tag == 'x' && HOME == 'y'", "'HOME' is not known here"],
    ["build.tag == 'x' || v.pw == 'y'", ''],
    ["secrets.getValue('db') == 'x'", 'a condition may not use a secret'],
    ['env.name', 'must be true or false'],
    ['env.name ==', 'but found the end'],
    ['httpResponseCode == 200', 'only known on the agent'],
  ])('the condition %s fails', (text, message) => {
    const messages = checkExpressions(text, 'condition', plan).map((each) => each.message);
    if (message === '') expect(messages).toEqual([]);
    else expect(messages.join()).toContain(message);
    expect(messages.length).toBeLessThanOrEqual(1);
  });

  it('lets a field that is evaluated on the agent use what is known there', () => {
    expect(checkExpressions('httpResponseCode == 200', 'condition', plan, { onAgent: true })).toEqual([]);
    expect(checkExpressions("${instance.hostName.split('.')[0]}", 'text', plan, { onAgent: true })).toEqual([]);
    expect(checkExpressions('${instance.hostname.trim()}', 'text', plan, { onAgent: true })).toHaveLength(1);
    expect(checkExpressions("v.pw == 'x'", 'condition', plan, { onAgent: true })).toHaveLength(1);
  });
});
