import { describe, expect, it } from 'vitest';
import { evaluateCondition, family, late, runtime, RESPONSE_FAMILY, scope, secretValue, variables } from './index.ts';

const world = scope([
  {
    env: family({ name: runtime('testing') }, { closed: true }),
    artifact: family({ fileName: runtime('todolist.war') }, { closed: true }),
    workflow: family(
      {
        releaseNo: runtime(12),
        variables: variables({
          skip: 'true',
          count: '10',
          empty: '',
          copy: '${env.name}',
          pw: '${secrets.getValue("p")}',
        }),
      },
      { closed: true },
    ),
    approval: runtime({ variables: { ticket: 'CHG-1' }, groups: ['dev', 'ops'], nothing: null, map: {}, list: [] }),
    token: late({ late: 'secretOutput', name: 'login', path: 'token' }),
    ...RESPONSE_FAMILY,
  },
]);

describe('conditions', () => {
  it.each([
    ["${env.name} == 'testing'", true],
    ["${artifact.fileName} =~ '^todo.*'", true],
    ["${artifact.fileName} =~ 'todo'", false],
    ["${artifact.fileName} !~ '^x.*'", true],
    ["${artifact.fileName} =^ 'todo'", true],
    ["env.name == 'testing'", true],
    ["${env.name == 'testing'}", true],
    ['"${env.name}" == "testing"', true],
    ["'${env.name}-${workflow.releaseNo}' == 'testing-12'", true],
    ["${env.name} != 'testing'", false],
    ["${env.name} eq 'testing' and ${workflow.releaseNo} gt 11", true],
    ["env.name ne 'testing' or workflow.releaseNo lt 13", true],
    ["not (env.name eq 'x')", true],
    ["!(env.name == 'testing')", false],
    ['workflow.releaseNo le 12 && workflow.releaseNo ge 12', true],
    ['true', true],
    ['false', false],
    [' true ', true],
    ['${workflow.variables.skip}', true],
    ['!${workflow.variables.skip}', false],
    ['${workflow.variables.skip} == true', true],
    ['${workflow.variables.count} > 9', true],
    ["${workflow.variables.count} > '9'", false],
    ['${workflow.variables.count} == 10.0', true],
    ['${workflow.variables.count} mod 3 == 1', true],
    ['${workflow.variables.count} div 3 == 3', true],
    ['-1 < 0', true],
    ['1 + 2 * 3 == 7 && (1 + 2) * 3 == 9', true],
    ['empty workflow.variables.empty', true],
    ['empty(approval.map) && empty approval.list && empty approval.nothing', true],
    ['not empty approval.groups', true],
    ['size(approval.groups) == 2', true],
    ["env.name =~ ['qa', 'testing']", null],
    ["'ops' =~ approval.groups", true],
    ["approval.groups.contains('ops')", true],
    ['approval.nothing == null', true],
    ["approval.nothing == ''", false],
    ["approval.variables.ticket.startsWith('CHG-')", true],
    ["env.name.toUpperCase() == 'TESTING'", true],
    ["workflow.variables.copy == 'testing'", true],
    ["true || env.nmae == 'x'", true],
    ["false && env.nmae == 'x'", false],
    ['true or false and false', true],
    ['1 < 2 == true', true],
  ])('%s is %s', (text, expected) => {
    const outcome = evaluateCondition(text, world);
    if (expected === null) expect(outcome.ok).toBe(false);
    else expect(outcome).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['', 'the condition is empty'],
    ['1 + 1', 'a condition must be true or false, not a number'],
    ['${env.name}', 'a condition must be true or false, not a text'],
    ["${env.name} == 'a' ? true : false", "there is no '? :' here"],
    ["${HOME} == 'x'", "'HOME' is not known here"],
    ['env.name == prod', "'prod' is not known here; put a text into quotes"],
    ["env.nmae == 'x'", "did you mean 'name'?"],
    ["'${HOME}' == 'x'", "'HOME' is not known here"],
    ["${secrets.getValue('p')} == 'x'", "a condition may not use a secret: secret 'p'"],
    ["${workflow.variables.pw} == 'x'", 'a condition may not use a secret'],
    ["'${workflow.variables.pw}' == 'x'", 'a condition may not use a secret'],
    ["token == 'x'", 'a condition may not use a secret'],
    ['httpResponseCode == 200', "'httpResponseCode' is only known on the agent"],
    ["env.name == 'x' &&", 'expected a name or a value but found the end'],
    ["env.name == 'x", 'is never closed'],
    ["env.name = 'x'", "write '=='"],
    ['env.name & true', "write '&&'"],
    ['env.name && true', "the left side of '&&' must be true or false, not a text"],
    ["env == 'x'", "'env' is a family; name one of its members: name"],
    ['env.name < 5', "'<' cannot compare a text with a number"],
    ['true true', 'expected an operator'],
    ["new('java.lang.String')", "'new' is a reserved word"],
    ['system("x")', "there is no function 'system'"],
  ])('%s fails: %s', (text, message) => {
    const outcome = evaluateCondition(text, world, { field: 'skip' });
    expect(outcome.ok ? [] : outcome.failures.map((each) => each.message).join()).toContain(message);
    expect(outcome.ok ? null : outcome.failures[0]).toMatchObject({ code: 'EXPRESSION', field: 'skip' });
  });

  it('asserts on a response where the agent has put it into the scope', () => {
    const agent = scope([
      {
        httpResponseCode: runtime(200),
        httpResponseBody: runtime('{"status":"UP","parts":[{"name":"db","ok":true}]}'),
      },
      { password: secretValue('hush') },
    ]);
    const check = (text: string): unknown => evaluateCondition(text, agent, { onAgent: true });
    expect(check('${httpResponseCode} == 200')).toEqual({ ok: true, value: true });
    expect(check("${jsonpath('status')} == 'UP'")).toEqual({ ok: true, value: true });
    expect(check("jsonpath('$.parts[0].ok')")).toEqual({ ok: true, value: true });
    expect(check("jsonpath('none') == null")).toEqual({ ok: true, value: true });
    expect(check('${httpResponseBody} =~ "(?s).*UP.*" && httpResponseCode lt 300')).toEqual({ ok: true, value: true });
    expect(check("password == 'hush'")).toMatchObject({ ok: false });
    expect(JSON.stringify(check("password == 'hush'"))).not.toContain('hush"}');
  });
});
