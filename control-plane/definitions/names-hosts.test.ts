import { describe, expect, it } from 'vitest';
import { namesHosts } from './names-hosts.ts';

const families = {
  env: { name: 'prod' },
  serviceVariable: {
    url: 'http://${instance.hostName}/',
    kind: 'host',
    deep: '${serviceVariable.url}',
    loop: '${serviceVariable.loop}',
  },
  workflow: {
    name: 'ship',
    variables: { who: 'on ${instance.name}', by: '${pipeline.variables.who}', plain: 'instance' },
  },
  pipeline: { variables: { who: '${host.hostName}' } },
  configFile: { 'app.conf': { text: 'listen ${instance.ip}' }, plain: { text: 'x', base64: 'eA==' } },
  artifact: null,
};

describe('a step names its host', () => {
  it.each([
    ['itself', 'echo ${instance.name}'],
    ['by a variable of its service', 'curl ${serviceVariable.url}'],
    ['by one that another has in it', 'curl ${serviceVariable.deep}'],
    ['by a variable of the workflow', 'echo ${workflow.variables.who}'],
    ['by one that the pipeline gave', 'echo ${workflow.variables.by}'],
    ['by a config file', 'echo ${configFile.getAsString("app.conf")}'],
  ])('%s', (_, script) => expect(namesHosts({ script, on: 'agent' }, families)).toBe(true));

  it.each([
    'host',
    'echo ${HOME} ${env.name} ${env.nobody} ${workflow} ${nobody.there} ${artifact.url}',
    'echo ${serviceVariable.kind} ${workflow.variables.plain} ${serviceVariable.loop}',
    'echo ${configFile.getAsString("plain")} ${configFile.getAsBase64("nobody")}',
    '${',
  ])('not by %s', (script) => expect(namesHosts({ script }, families)).toBe(false));

  it('in headers and lists, and in a condition without braces', () => {
    expect(namesHosts({ headers: { host: '${instance.hostName}' } }, families)).toBe(true);
    expect(namesHosts({ hosts: ['a', '${workflow.variables.who}'] }, families)).toBe(true);
    expect(namesHosts({ assert: 'instance.name == "a"' }, families)).toBe(true);
    expect(namesHosts({ assert: 'serviceVariable.url != ""' }, families)).toBe(true);
    expect(namesHosts({ assert: 'serviceVariable.kind == "host"' }, families)).toBe(false);
  });
});
