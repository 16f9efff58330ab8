import { describe, expect, it } from 'vitest';
import type { Json } from '@fairlead/proto/model/json.ts';
import { catalogOf, SHOP } from './catalog-fixture.ts';
import type { Catalog } from './catalog.ts';
import { applyFiles, foldChangeSets, readChangeSet, type ApplyOptions } from './change-set.ts';
import { printDefinitions } from './explain.ts';

let next = 100;
const newId = (): string => `id${++next}`;

function apply(current: Catalog | null, text: string, options: Partial<ApplyOptions> = {}) {
  const applied = applyFiles(current, [{ name: 'shop.yaml', text }], { newId, ...options });
  if ('problems' in applied) throw new Error(applied.problems.map((each) => each.reason).join('; '));
  return applied;
}

const changesOf = (applied: ReturnType<typeof apply>): readonly string[] =>
  applied.changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`);

describe('applying files', () => {
  it('to nothing creates everything', () => {
    expect(changesOf(apply(null, SHOP))).toEqual([
      'create application shop',
      'create service web',
      'create service worker',
      'create environment prod',
      'create infrastructure prod/dc1',
      'create environment qa',
      'create infrastructure qa/one',
      'create infrastructure qa/two',
      'create workflow ship',
    ]);
  });

  it('again changes nothing, also what was read back', () => {
    const { catalog } = apply(null, SHOP);
    expect(apply(catalog, SHOP)).toEqual({ changeSet: null, catalog, changes: [] });
    expect(apply(catalog, printDefinitions(catalog)).changeSet).toBeNull();
  });

  it('in another spelling of the same changes nothing', () => {
    const { catalog } = apply(null, SHOP);
    const spelled = SHOP.replace('ready: { port:', 'ready: {   "port":').replace('port: 8080', "port: '8080'");
    expect(apply(catalog, spelled).changeSet).toBeNull();
  });

  it('keeps the ids of what it updates', () => {
    const { catalog } = apply(null, SHOP);
    const applied = apply(catalog, SHOP.replace('bin/stop', 'bin/halt'));
    expect(changesOf(applied)).toEqual(['update service web']);
    expect(applied.catalog.entities.map((each) => each.id)).toEqual(catalog.entities.map((each) => each.id));
    expect(applied.changeSet?.puts).toHaveLength(1);
  });

  it('leaves alone what they do not name, unless told to prune', () => {
    const { catalog } = apply(null, SHOP);
    const less = SHOP.replace(/ {2}worker:\n(?: {4}.*\n)+/, '');
    expect(apply(catalog, less).changeSet).toBeNull();
    const pruned = apply(catalog, less, { prune: true });
    expect(changesOf(pruned)).toEqual(['delete service worker']);
    expect(pruned.catalog.entities.some((each) => each.name === 'worker')).toBe(false);
  });

  it('to one application leaves the others alone, pruning too', () => {
    const { catalog } = apply(null, SHOP);
    const other = apply(catalog, 'fairlead: v1\napplication: other\n', { prune: true });
    expect(changesOf(other)).toEqual(['create application other']);
  });

  it('refuses to take away what is still used, and says where', () => {
    const { catalog } = apply(null, SHOP);
    const text =
      'fairlead: v1\napplication: shop\nworkflows:\n  ship: { type: basic, service: web, environment: prod }\n';
    const applied = applyFiles(catalog, [{ name: 'less.yaml', text }], { newId, prune: true });
    expect(applied).toMatchObject({
      problems: [
        { file: 'less.yaml', line: 4, path: 'workflows.ship.service', reason: "there is no service 'web'" },
        { file: 'less.yaml', line: 4, path: 'workflows.ship.environment', reason: "there is no environment 'prod'" },
      ],
    });
  });

  it('tells what breaks elsewhere', () => {
    const { catalog } = apply(null, SHOP);
    const text = 'fairlead: v1\napplication: shop\nservices:\n  web: { type: ssh/docker }\n';
    const applied = applyFiles(catalog, [{ name: 'web.yaml', text }], { newId });
    expect(applied).toMatchObject({
      problems: [
        {
          file: 'web.yaml',
          line: 2,
          path: 'workflows.ship.service',
          reason: "with this change, the service 'web' has no command Install, so the workflow would install nothing",
        },
      ],
    });
  });

  it('with one problem changes nothing at all', () => {
    expect(applyFiles(null, [{ name: 'a', text: `${SHOP}  bad: { type: basic }\n` }], { newId })).toHaveProperty(
      'problems',
    );
  });
});

describe('change sets', () => {
  it('fold to what was applied, through storage', () => {
    const first = apply(null, SHOP);
    const second = apply(first.catalog, SHOP.replace('bin/stop', 'bin/halt'));
    const third = apply(second.catalog, 'fairlead: v1\napplication: other\n');
    const stored = [first, second, third].map((each) => JSON.parse(JSON.stringify(each.changeSet)) as Json);
    expect(foldChangeSets(stored)).toEqual(third.catalog);
    expect(foldChangeSets(stored.slice(1), first.catalog)).toEqual(third.catalog);
  });

  it('of a newer release are not guessed at', () => {
    expect(() => readChangeSet({ format: 2, puts: [], removes: [] })).toThrow('newer release');
    expect(() => readChangeSet({ format: 1 })).toThrow('lacks puts');
  });

  it('hold nothing generated', () => {
    expect(JSON.stringify(apply(null, SHOP).changeSet)).not.toContain('Select Nodes');
    expect(catalogOf(SHOP).entities.find((each) => each.kind === 'workflow')?.spec).toEqual({
      type: 'basic',
      service: 'web',
      environment: 'prod',
    });
  });
});
