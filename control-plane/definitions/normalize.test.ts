import { describe, expect, it } from 'vitest';
import { parseFiles } from './parse.ts';

const read = (...texts: string[]) => parseFiles(texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text })));

const spec = (text: string, kind: string): unknown => {
  const { entities, problems } = read(text);
  expect(problems).toEqual([]);
  return entities.find((entity) => entity.kind === kind)?.spec;
};

const HEAD = 'fairlead: v1\napplication: shop\n';

describe('short forms', () => {
  it.each([
    {
      given: 'numbers and booleans as variables',
      text: 'services:\n  web: { type: ssh/other, variables: { port: 8080, debug: true, version: 1.10, big: 0x1F } }',
      kind: 'service',
      expected: { type: 'ssh/other', variables: { port: '8080', debug: 'true', version: '1.10', big: '0x1F' } },
    },
    {
      given: 'a script as text',
      text: 'services:\n  web: { type: ssh/other, start: bin/start, ready: { port: 80 } }',
      kind: 'service',
      expected: { type: 'ssh/other', start: { script: 'bin/start' }, ready: { port: 80 } },
    },
    {
      given: 'how many releases are kept',
      text: 'services:\n  web: { type: ssh/other, keep: 5 }',
      kind: 'service',
      expected: { type: 'ssh/other', keep: 5 },
    },
    {
      given: 'a unit by its key alone, by a scalar and in full',
      text: 'services:\n  web: { type: ssh/other, commands: { Install: [setup-env, exec: ls, { exec: { script: pwd, in: /tmp }, name: Where }] } }',
      kind: 'service',
      expected: {
        type: 'ssh/other',
        commands: {
          Install: [
            { 'setup-env': {} },
            { exec: { script: 'ls' } },
            { exec: { script: 'pwd', in: '/tmp' }, name: 'Where' },
          ],
        },
      },
    },
    {
      given: 'hosts by name and in full',
      text: 'environments:\n  prod: { infrastructure: { dc: { hosts: [a, { name: b, port: 2222, variables: { n: 1 } }], login: { user: u, key: "secret:file:/k" }, agents: x } } }',
      kind: 'infrastructure',
      expected: {
        hosts: [{ name: 'a' }, { name: 'b', port: 2222, variables: { n: '1' } }],
        login: { user: 'u', key: 'secret:file:/k' },
        agents: ['x'],
      },
    },
    {
      given: 'a step with its parameters beside its key',
      text: `workflows:
  ship:
    type: basic
    service: web
    environment: prod
    verify:
      - http: http://x/
        assert: \${httpResponseCode} == 200
        timeout: 90s
      - script: echo 1
        outputs: [a]
        publish: out
        skip: false`,
      kind: 'workflow',
      expected: {
        type: 'basic',
        service: 'web',
        environment: 'prod',
        verify: [
          { http: { url: 'http://x/', assert: '${httpResponseCode} == 200' }, timeout: '1m 30s' },
          { script: { script: 'echo 1', outputs: { a: 'string' }, publish: { name: 'out' } }, skip: 'false' },
        ],
      },
    },
    {
      given: 'retries beside an action: the action is for when they are used up',
      text: 'workflows:\n  ship: { type: basic, service: w, environment: e, onFailure: [{ on: connectivity, retry: 2, every: 10s, do: abort }, { do: rollback }] }',
      kind: 'workflow',
      expected: {
        type: 'basic',
        service: 'w',
        environment: 'e',
        onFailure: [
          { on: ['connectivity'], do: 'retry', retry: 2, every: ['10s'] },
          { on: ['connectivity'], do: 'abort' },
          { on: ['any'], do: 'rollback' },
        ],
      },
    },
    {
      given: 'what failure strategies can say',
      text: `workflows:
  ship:
    type: basic
    service: w
    environment: e
    onFailure: [{ on: connectivity, retry: 2, every: 10s, tolerate: 05% }, { retry: 1, do: abort, tolerate: 3 }, { do: end, scope: phase }]
    sections: { Wrap Up: { onFailure: [{ do: manual, timeout: 90m, then: rollback, steps: [Stop] }, { do: rollback-phase }] } }`,
      kind: 'workflow',
      expected: {
        type: 'basic',
        service: 'w',
        environment: 'e',
        onFailure: [
          { on: ['connectivity'], do: 'retry', retry: 2, every: ['10s'], tolerate: '5%' },
          { on: ['any'], do: 'retry', retry: 1 },
          { on: ['any'], do: 'abort', tolerate: '3' },
          { on: ['any'], do: 'end', scope: 'phase' },
        ],
        sections: {
          'Wrap Up': {
            onFailure: [
              { on: ['any'], do: 'manual', timeout: '1h 30m', then: 'rollback', steps: ['Stop'] },
              { on: ['any'], do: 'rollback-phase' },
            ],
          },
        },
      },
    },
    {
      given: 'an input by its default, a section by its steps, one word for concurrency',
      text: 'workflows:\n  ship: { type: rolling, batch: 025%, service: w, environment: e, inputs: { n: 3 }, sections: { Wrap Up: [script: ls] }, concurrency: none }',
      kind: 'workflow',
      expected: {
        type: 'rolling',
        service: 'w',
        environment: 'e',
        inputs: { n: { default: '3' } },
        batch: '25%',
        sections: { 'Wrap Up': { steps: [{ script: { script: 'ls' } }] } },
        concurrency: { lock: 'none' },
      },
    },
  ])('$given', ({ text, kind, expected }) => {
    expect(spec(HEAD + text, kind)).toEqual(expected);
  });
});
