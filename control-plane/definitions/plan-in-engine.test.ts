import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { taskOfAttempt } from '../engine/task.ts';
import type { Plan } from '../engine/plan.ts';
import { catalogOf } from './catalog-fixture.ts';
import { buildPlan, requirements } from './plan.ts';

const example = readFileSync(new URL('../../deploy/examples/bookstore/fairlead.yaml', import.meta.url), 'utf8');

function bookstore(): Plan {
  const catalog = catalogOf(example);
  const needed = requirements(catalog, { variables: {} });
  if (!needed.ok) throw new Error('the example cannot be planned');
  const [need] = needed.needs;
  const [mapping = ''] = needed.mappings;
  if (need === undefined) throw new Error('the example has no artifact');
  const artifact = (build: string) => ({
    service: 'web',
    source: need.source,
    build,
    fileName: `bookstore-${build}.tgz`,
    location: `bookstore-${build}.tgz`,
    sha256: null,
    metadata: {},
  });
  const result = buildPlan(catalog, 1, {
    executionId: 'x1',
    actor: 'ada',
    variables: {},
    artifacts: { web: artifact('3') },
    rollbackArtifacts: { [mapping]: artifact('2') },
    now: 0,
    hash: () => 'hash',
  });
  if (!result.ok) throw new Error(JSON.stringify(result.failures));
  return result.plan;
}

describe('the engine, given the plan of the bookstore example', () => {
  it('replaces two hosts, checks them, replaces the others', () => {
    const seen: string[] = [];
    const play = new Play(bookstore()).run((id) => {
      seen.push(id);
      return succeeded;
    });
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases.map((phase) => phase.hosts)).toEqual([
      ['web-1', 'web-2'],
      ['web-3', 'web-4'],
    ]);
    expect(seen.map((id) => id.slice(id.indexOf('@') + 1)).filter((each) => each.startsWith('web-3'))).toHaveLength(2);
  });

  it('gives each host its own port, in scripts, checks and URLs, with nothing left to evaluate', () => {
    const tasks = new Map<AttemptId, unknown>();
    const play = new Play(bookstore());
    play.run((id) => {
      tasks.set(id, taskOfAttempt(play.execution, id));
      return succeeded;
    });
    const of = (part: string): unknown => [...tasks].find(([id]) => id.includes(part))?.[1];
    expect(of('/s3/t1@web-2')).toMatchObject({
      ok: true,
      task: {
        target: { name: 'web-2', port: 2202 },
        context: {
          environment: { port: '8082', greeting: 'Welcome to the bookstore' },
          paths: { runtime: '$HOME/bookstore/web/prod/runtime' },
          artifact: { build: '3' },
        },
        parameters: {
          units: expect.arrayContaining([expect.objectContaining({ unit: 'PORT_CHECK_LISTENING', port: '8082' })]),
        },
      },
    });
    expect(of('/s5/t1@web-2')).toMatchObject({
      ok: true,
      task: { parameters: { url: 'http://127.0.0.1:8082/health' } },
    });
  });

  it('brings the previous build back on every host touched when a check fails', () => {
    const builds: (readonly [string, unknown])[] = [];
    const play = new Play(bookstore());
    play.run((id) => {
      const made = taskOfAttempt(play.execution, id);
      if (id.includes('/u3/'))
        builds.push([
          id.slice(id.indexOf('@') + 1, id.indexOf('#')),
          made.ok ? made.task.context.artifact?.build : made,
        ]);
      return id.includes('/s5/t1@web-3') ? failed() : succeeded;
    });
    expect(play.execution.status).toBe('FAILED');
    expect(play.execution.runs[0]?.rollback?.result).toBe('SUCCESS');
    expect(builds.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['web-1', '2'],
      ['web-2', '2'],
      ['web-3', '2'],
      ['web-4', '2'],
    ]);
  });
});
