import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import {
  swapDirectories,
  swapDirectoriesParameters,
  type SwapDirectoriesParameters,
} from '@fairlead/proto/steps/directories.ts';
import type { Attempt, Platform } from '../platform.ts';
import type { Through } from '../load-balancer/places.ts';
import { whileOut } from '../load-balancer/while-out.ts';
import { runClaimedUnit } from '../shell/claimed-unit.ts';
import { explainExit, Tail } from '../shell/explain-exit.ts';
import type { Host } from '../shell/host.ts';
import { stoppedResult } from '../shell/stop-reason.ts';
import type { SshPlatform } from '../ssh/index.ts';
import { NO_ATOMIC_RENAME, NOT_LINKS, swapScript } from './swap-script.ts';

export interface DirectoriesOptions {
  readonly onHost: SshPlatform['onHost'];
  readonly through: Through;
}

/** The stage and the live directory of hosts, which change places. */
export const createDirectoriesPlatform = (options: DirectoriesOptions): Platform => ({
  name: 'directories',
  types: [swapDirectories.type],
  run: async (attempt) => {
    try {
      return await run(attempt, options);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return { outcome: 'FAILED', failure: error.failures[0], touched: begunBefore(attempt) };
    }
  },
  close: () => Promise.resolve(),
});

const INTENT = 'directories:intent';
const begunBefore = (attempt: Attempt): boolean => attempt.recorded.some(({ name }) => name === INTENT);

async function run(attempt: Attempt, options: DirectoriesOptions): Promise<AttemptResult> {
  const parsed = swapDirectoriesParameters.safeParse(attempt.task.parameters);
  if (!parsed.success) {
    const message = `bad parameters of a swap of directories: ${z.prettifyError(parsed.error)}`;
    throw new FailureError(failure('INVALID_INPUT', message));
  }
  const { balancer, direction, ...times } = parsed.data;
  return options.onHost(attempt, (host) => {
    const work = (): Promise<AttemptResult> => swap(attempt, host, parsed.data);
    // Making the stage disturbs nobody.
    if (balancer === undefined || direction === 'prepare') return work();
    return whileOut(attempt, options.through, { balancer, host: host.name, ...times }, work);
  });
}

async function swap(attempt: Attempt, host: Host, parameters: SwapDirectoriesParameters): Promise<AttemptResult> {
  const { direction, mark } = parameters;
  const [live, stage] = [await host.text(parameters.live), await host.text(parameters.stage)];
  const then = parameters.then === undefined ? '' : await host.text(parameters.then);
  const tail = new Tail((text) => attempt.mask(text));
  if (!begunBefore(attempt)) await attempt.checkpoint(INTENT, { on: host.name, direction, mark, live, stage });
  const end = await runClaimedUnit(attempt, host.transport, {
    base: host.claims,
    unit: 0,
    units: 1,
    shell: 'sh',
    exports: host.exports,
    directory: { words: '"$HOME"', required: true },
    script: swapScript({ live: host.path(live), stage: host.path(stage), direction, mark, then }),
    outputs: ['LIVE', 'STAGE'],
    listen: (bytes, stream) => tail.push(bytes, stream),
  });
  if (end.end === 'stopped') return stoppedResult(attempt, end.began, end.confirmed, host.name);
  if (end.end === 'canceled') return stoppedResult(attempt, end.began, true, host.name);
  const problem = explainExit(end, tail, host.name, (status) => explain(status, tail, host.name));
  const touched = end.end !== 'not-started';
  if (problem !== null) return { outcome: 'FAILED', failure: problem, touched };
  const value = (name: string): string =>
    end.end === 'exited' ? (end.values.get(name) ?? Buffer.alloc(0)).toString('utf8') : '';
  const outputs = { live: value('LIVE'), stage: value('STAGE') };
  await attempt.record('directories:result', outputs);
  return { outcome: 'SUCCESS', outputs, touched: direction !== 'prepare' };
}

function explain(status: number, tail: Tail, where: string): Failure | null {
  const said = tail.text('stderr').trim().split('\n').at(-1) ?? '';
  if (status === NOT_LINKS) return failure('CHECK_FAILED', `on ${where}: ${said}`);
  return status === NO_ATOMIC_RENAME ? failure('MISSING_TOOL', `on ${where}: ${said}`) : null;
}
