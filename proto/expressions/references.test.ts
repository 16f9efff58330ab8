import { describe, expect, it } from 'vitest';
import { references, type Language } from './index.ts';

const paths = (text: string, language: Language = 'text'): readonly string[] =>
  references(text, language).map((each) => [each.root, ...each.members].join('.') + (each.complete ? '' : '.?'));

describe('references', () => {
  it.each([
    ['plain', []],
    ['${env.name}', ['env.name']],
    ['${workflow.variables.port}:${serviceVariable.x}', ['workflow.variables.port', 'serviceVariable.x']],
    ["${artifact.fileName.split('-')[1].trim()}", ['artifact.fileName']],
    ["${artifact.label.get('k')}", ['artifact.label.k']],
    ["${artifact['fileName']}", ['artifact.fileName']],
    ['${artifact${".metadata.image"}}', ['artifact.metadata.image']],
    ['${build.list[0]}', ['build.list.0']],
    ['${build.list[env.index]}', ['env.index', 'build.list.?']],
    ['${secrets.getValue("db")}', ['secrets.db']],
    ['${secrets.getValue(env.name)}', ['env.name', 'secrets.?']],
    ['${configFile.getAsString("a.conf").trim()}', ['configFile.a.conf']],
    ['${context.build.tag}', ['context.build.tag']],
    ["${context.get('build').tag}", ['context.build.tag']],
    ['${context.get(${instance.name}).var1}', ['instance.name', 'context.?']],
    ["${regex.extract('[0-9]+', build.tag)}", ['build.tag']],
    ["${aws.tags.find(host.ec2Instance.tags, 'x')}", ['host.ec2Instance.tags']],
    ["${jsonpath('a.b')}", ['httpResponseBody']],
    ['${a.b == c.d && !e.f}', ['a.b', 'c.d', 'e.f']],
    ['${"${env.name}-${build.tag}"}', ['env.name', 'build.tag']],
    ['${HOME} ${X:-${env.name}} ${Y-${env.type}}', ['HOME', 'env.name', 'Y', 'env.type']],
    ['${env.name', []],
  ])('%s names %j', (text, expected) => expect(paths(text)).toEqual(expected));

  it('reads conditions', () => {
    expect(paths("env.name == 'x' && ${artifact.fileName} =~ 'y'", 'condition')).toEqual([
      'env.name',
      'artifact.fileName',
    ]);
    expect(paths('env.name ==', 'condition')).toEqual([]);
  });

  it('says where', () => {
    expect(references('a\n  ${env.name}')).toEqual([
      { root: 'env', members: ['name'], complete: true, line: 2, column: 5 },
    ]);
  });
});
