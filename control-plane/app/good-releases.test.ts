import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import type { PhasePlan, Plan } from '../engine/plan.ts';
import type { Rows } from '../ports/rows.ts';
import { withReleases } from './good-releases.ts';

const mapping = 'app/env/inf/svc';
const id = (number: number): string => `${1_700_000_000_000 + number}-007`;
const made = (number: number): number => 1_700_000_000_000 + number;

interface Told {
  readonly workflow?: string;
  readonly mapping?: string;
  /** Of the execution that it takes back, and of the one that it brings back. */
  readonly back?: readonly [number, number];
  /** It failed. */
  readonly failed?: boolean;
  /** From before anybody told of releases. */
  readonly silent?: boolean;
  /** When it was put there; shortly after it was planned unless told otherwise. */
  readonly at?: number;
}

const place = { application: 'shop', service: 'web', environment: 'prod', infrastructure: 'dc1', host: 'h1' };

/** As the projector writes it. */
async function deployed(rows: Rows, number: number, told: Told = {}): Promise<void> {
  const executionId = `x${number}`;
  const own = { workflow: told.workflow ?? 'ship', mapping: told.mapping ?? mapping };
  const release = {
    ...own,
    id: id(number),
    fileName: `web-${number}.tgz`,
    sha256: `sha-${number}`,
    good: told.failed !== true,
  };
  const [of, restores] = told.back ?? [];
  const summary = {
    ...(told.silent === true ? {} : { releases: told.back !== undefined ? [] : [release] }),
    restored: restores === undefined ? [] : [{ ...own, executionId: `x${restores}` }],
    rolledBack: of === undefined ? null : { of: `x${of}`, reason: '' },
  };
  const [application, status] = ['shop', told.failed === true ? ('FAILED' as const) : ('SUCCESS' as const)];
  const common = { executionId, seq: 1, application, status, environment: 'prod', actor: 'a' };
  const at = told.at ?? made(number) + 5;
  await rows.putExecution({ ...common, name: own.workflow, kind: 'WORKFLOW', startedAt: at, endedAt: at, summary });
  const instance = {
    id: 'shop/web/prod/dc1/h1',
    at,
    seq: 1,
    ...place,
    build: String(number),
    executionId,
    details: {},
  };
  await rows.putInstances([instance]);
}

function planOf(phase: Partial<PhasePlan>): Plan {
  const plan = simplePlan({
    phase: { mapping, service: { id: 's', name: 'web', artifactType: 'TAR' }, keep: 2, ...phase },
  });
  const [stage] = plan.stages;
  const [run] = stage?.runs ?? [];
  if (stage === undefined || run === undefined) throw new Error('no run');
  const environment = { id: 'e', name: 'prod', type: 'PRODUCTION' as const };
  const application = { ...plan.application, name: 'shop' };
  return { ...plan, application, stages: [{ ...stage, runs: [{ ...run, environment }] }] };
}

async function releases(history: readonly (readonly [number, Told?])[], phase: Partial<PhasePlan> = {}) {
  const { rows } = createMemoryStore();
  for (const [number, told] of history) await deployed(rows, number, told);
  const planned = await withReleases(rows, planOf(phase));
  const found = planned.stages[0]?.runs[0]?.phases[0]?.releases;
  return (
    found && { ...found, good: found.good.map((each) => each.id), files: found.files.map((each) => each.fileName) }
  );
}

const successes = (...numbers: number[]): readonly (readonly [number])[] => numbers.map((number) => [number]);

describe('what stays', () => {
  it('is the deployment itself and as many good ones before it as make the number', async () => {
    expect(await releases(successes(1, 2, 3, 4), { keep: 3 })).toEqual({
      good: [id(4), id(3)],
      since: 0,
      before: made(3),
      files: ['web-2.tgz', 'web-1.tgz'],
    });
  });

  it('always is the one before, which a rollback needs', async () => {
    expect(await releases(successes(1, 2), { keep: 1 })).toMatchObject({ good: [id(2)], before: made(2) });
  });

  it('is everything while there are no more than that', async () => {
    expect(await releases(successes(1), { keep: 3 })).toEqual({ good: [id(1)], since: 0, before: 0, files: [] });
    expect(await releases([])).toEqual({ good: [], since: 0, before: 0, files: [] });
  });

  it('does not count what failed, and takes it away with what is older', async () => {
    const history = [[1], [2], [3, { failed: true }], [4, { failed: true }]] as const;
    expect(await releases(history)).toMatchObject({ good: [id(2)], before: made(2), files: ['web-1.tgz'] });
    expect(await releases([...history, [5]])).toMatchObject({
      good: [id(5)],
      before: made(5),
      files: ['web-4.tgz', 'web-3.tgz', 'web-2.tgz', 'web-1.tgz'],
    });
  });

  it('counts what a rollback brought back, and not what it took away', async () => {
    const history = [...successes(1, 2, 3), [4, { back: [3, 2] }]] as const;
    expect(await releases(history)).toMatchObject({ good: [id(2)], before: made(2), files: ['web-1.tgz'] });
    expect(await releases(history, { keep: 3 })).toMatchObject({ good: [id(2), id(1)], before: 0, files: [] });
  });

  it('is the last one of every workflow and every infrastructure, however old', async () => {
    const history = [
      [1, { workflow: 'other' }],
      [2, { mapping: 'app/env/second/svc' }],
      ...successes(3, 4, 5),
    ] as const;
    expect(await releases(history)).toEqual({
      good: [id(5), id(2), id(1)],
      since: 0,
      before: made(5),
      files: ['web-4.tgz', 'web-3.tgz'],
    });
  });

  it('is an archive that is used again', async () => {
    const artifact = { service: 'web', source: { kind: 'DIRECTORY', path: '/', match: '' }, build: '1' } as const;
    const again = { ...artifact, fileName: 'web-1.tgz', location: 'web-1.tgz', sha256: null, metadata: {} };
    expect(await releases(successes(1, 2, 3), { artifact: again })).toMatchObject({ files: ['web-2.tgz'] });
  });
});

describe('nothing is taken away', () => {
  it('and no host is asked, where nothing is known of that would have to go', async () => {
    expect(await releases(successes(1, 2), { keep: 3 })).toMatchObject({ good: [id(2), id(1)], since: 0, before: 0 });
    expect(await releases([...successes(1, 2), [3, { failed: true }]])).toMatchObject({ before: made(2) });
  });

  it('of what was deployed before anybody told of it', async () => {
    const history = [...successes(10), [20, { silent: true }], ...successes(30, 40)] as const;
    const since = made(20) + 6;
    expect(await releases(history)).toEqual({ good: [id(40)], since, before: made(40), files: ['web-30.tgz'] });
    expect(await releases(history.slice(0, 2))).toEqual({ good: [], since, before: since, files: [] });
  });

  it('of what is further back than was looked', async () => {
    const history = Array.from({ length: 60 }, (_, index) => [(index + 1) * 10] as const);
    const found = await releases(history);
    expect(found).toMatchObject({ good: [id(600)], since: made(280) + 6, before: made(600) });
    expect(found?.files).toHaveLength(31);
  });

  it('where nothing is deployed to a place', async () => {
    expect(await releases(successes(1, 2, 3), { mapping: null })).toBeUndefined();
  });
});
