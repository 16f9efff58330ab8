import { describe, expect, it } from 'vitest';
import { accountDefaults, EMPTY_CATALOG, type Catalog } from './catalog.ts';
import { problemsOf, SHOP, shipWith } from './catalog-fixture.ts';
import { applyFiles } from './change-set.ts';
import { definitionItems, explainCatalog, printDefinitions } from './explain.ts';
import { request } from './plan-fixture.ts';
import { buildPlan } from './plan.ts';

const ACCOUNT = "fairlead: v1\ndefaults: { REGION: eu, RETRIES: 3, TOKEN: 'secret:env:TOKEN' }\n";
const USING = shipWith(
  "    verify:\n      - script: echo ${account.defaults.REGION}\n        agents: 'in-${account.defaults.REGION}'\n        infrastructureAgents: true\n",
);

let next = 0;
const apply = (current: Catalog, ...texts: readonly string[]) =>
  applyFiles(
    current,
    texts.map((text, index) => ({ name: `f${index}.yaml`, text })),
    { newId: () => `id${++next}` },
  );
function applied(...texts: readonly string[]): Catalog {
  const result = apply(EMPTY_CATALOG, ...texts);
  if ('problems' in result) throw new Error(result.problems.map(({ reason }) => reason).join('\n'));
  return result.catalog;
}

describe('defaults of the account', () => {
  const catalog = applied(ACCOUNT, USING);

  it('belong to no application, and are printed as they are applied', () => {
    expect(accountDefaults(catalog)).toEqual({ REGION: 'eu', RETRIES: '3', TOKEN: 'secret:env:TOKEN' });
    const text = printDefinitions(catalog, { kind: 'default' });
    expect(text).toBe('fairlead: v1\ndefaults:\n  REGION: eu\n  RETRIES: "3"\n  TOKEN: secret:env:TOKEN\n');
    expect(apply(catalog, text)).toMatchObject({ changeSet: null });
    expect(apply(catalog, explainCatalog(catalog, { kind: 'default' }))).toMatchObject({ changeSet: null });
    expect(definitionItems(catalog, { kind: 'default', name: 'REGION' })).toMatchObject([
      { application: '', name: 'REGION', spec: { value: 'eu' } },
    ]);
    // Beside an application they are of the account all the same.
    expect(accountDefaults(applied(`${SHOP}defaults: { A: b }\n`))).toEqual({ A: 'b' });
  });

  it('are known to every run, and to the stages of a pipeline', () => {
    const planned = buildPlan(catalog, 1, request({ name: 'ship' }));
    if (!planned.ok) throw new Error('not planned');
    const [run] = planned.plan.stages.flatMap((stage) => stage.runs);
    expect(run?.families['account']).toEqual({
      defaults: { REGION: 'eu', RETRIES: '3', TOKEN: '${secrets.getValue("env:TOKEN")}' },
    });
    const stages =
      'pipelines:\n  release:\n    stages: [{ workflow: ship, skip: "${account.defaults.REGION} == \'us\'" }]\n';
    expect(() => applied(ACCOUNT, `${USING}${stages}`)).not.toThrow();
  });

  it.each([
    ['one that there is not', USING, "'REGION'"],
    ['an expression in one', `${SHOP}defaults: { A: '\${app.name}' }\n`, 'is plain text, and is not evaluated'],
    ['what looks like a secret', `${SHOP}defaults: { PASSWORD: hunter2 }\n`, 'looks like a secret'],
    [
      'a secret in a condition',
      `${USING.replace('verify:', 'verify:\n      - { script: x, skip: "${account.defaults.TOKEN} == \'x\'" }')}defaults: { REGION: a, TOKEN: 'secret:env:T' }\n`,
      'secret',
    ],
    ['a name that is none', `${SHOP}defaults: { a-b: c }\n`, 'a-b'],
  ])('refuse %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('are not taken away from under those that use them', () => {
    const result = applyFiles(catalog, [{ name: 'f.yaml', text: 'fairlead: v1\ndefaults: { OTHER: x }\n' }], {
      newId: () => `id${++next}`,
      prune: true,
    });
    if (!('problems' in result)) throw new Error('it was applied');
    expect(result.problems.map(({ path, reason, line }) => `${line} ${path}: ${reason}`)).toEqual([
      expect.stringMatching(/^2 workflows\.ship\..*with this change, .*'REGION'/),
      expect.stringMatching(/^2 workflows\.ship\..*with this change, .*'REGION'/),
    ]);
  });
});
