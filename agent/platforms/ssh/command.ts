import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { commandParameters, type CommandUnit } from '@fairlead/proto/steps/ssh.ts';
import type { Attempt } from '../platform.ts';
import { runClaimedUnit } from '../shell/claimed-unit.ts';
import { explainExit, Tail } from '../shell/explain-exit.ts';
import { stoppedResult } from '../shell/stop-reason.ts';
import { copyFile } from './copy.ts';
import type { Host } from '../shell/host.ts';
import { prepareHost } from './host.ts';
import { prune } from './prune.ts';
import type { SshPool } from './pool.ts';
import { scriptWork, uploadsOf } from './units/index.ts';

type Progress =
  | { readonly progress: 'done' }
  | { readonly progress: 'failed'; readonly failure: Failure }
  | { readonly progress: 'stopped'; readonly confirmed: boolean };

/** The COMMAND step: the units of a service command, one after the other, on one host. */
export async function runCommand(
  attempt: Attempt,
  pool: SshPool,
  tidy: (attempt: Attempt, host: Host, wrote: boolean) => void,
): Promise<AttemptResult> {
  const parsed = commandParameters.safeParse(attempt.task.parameters);
  const { target } = attempt.task;
  if (!parsed.success)
    return refused(failure('INVALID_INPUT', `bad parameters of a command: ${z.prettifyError(parsed.error)}`));
  if (target === null) return refused(failure('INVALID_INPUT', 'a command needs a host to run on'));
  const { units } = parsed.data;
  const state: State = {
    touched: attempt.recorded.some((record) => record.name.endsWith(':intent')),
    outputs: {},
    notes: [],
    wrote: attempt.resumed,
  };
  for (const record of attempt.recorded) {
    if (record.name.endsWith(':result')) Object.assign(state.outputs, record.data['outputs'] ?? {});
  }
  try {
    if (attempt.signal.aborted && !attempt.resumed) return stoppedResult(attempt, false, true, target.name);
    const host = await prepareHost(attempt, target, pool);
    for (const [index, unit] of units.entries()) {
      attempt.log.info(`[${index + 1}/${units.length}] ${unit.name} (${unit.unit})`);
      if (attempt.recorded.some((record) => record.name === `unit:${index}:result`)) {
        attempt.log.info('Done before the agent was restarted.');
        continue;
      }
      const progress = await runUnit(attempt, host, unit, index, units.length, state);
      if (progress.progress === 'stopped')
        return stoppedResult(attempt, state.touched, progress.confirmed, target.name);
      if (progress.progress === 'failed') {
        const at = `${unit.name} on ${target.name}: ${progress.failure.message}`;
        attempt.log.info(at);
        return {
          outcome: 'FAILED',
          failure: {
            ...progress.failure,
            message: at,
            details: { ...progress.failure.details, host: target.name, unit: unit.name },
          },
          outputs: state.outputs,
          touched: state.touched,
          ...(state.notes.length === 0 ? {} : { notes: state.notes }),
        };
      }
    }
    await prune(attempt, host);
    tidy(attempt, host, state.wrote);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    // Between units, where nothing runs at the host.
    if (attempt.signal.aborted) return stoppedResult(attempt, state.touched, true, target.name);
    attempt.log.info(error.message);
    return { outcome: 'FAILED', failure: error.failures[0], outputs: state.outputs, touched: state.touched };
  }
  return {
    outcome: 'SUCCESS',
    outputs: state.outputs,
    touched: state.touched,
    ...(state.notes.length === 0 ? {} : { notes: state.notes }),
  };
}

interface State {
  touched: boolean;
  /** Did scripts write something, so that there is output to take away from the host? */
  wrote: boolean;
  readonly outputs: Record<string, Json>;
  readonly notes: string[];
}

async function runUnit(
  attempt: Attempt,
  host: Host,
  unit: CommandUnit,
  index: number,
  count: number,
  state: State,
): Promise<Progress> {
  const work = await scriptWork(attempt, host, unit);
  if (work === null) return runUploads(attempt, host, unit, index, state);
  if (work.mutates) {
    await attempt.record(`unit:${index}:intent`, { unit: unit.unit, name: unit.name });
  }
  const tail = new Tail((text) => attempt.mask(text));
  const end = await runClaimedUnit(attempt, host.transport, {
    base: host.claims,
    unit: index,
    units: count,
    shell: work.shell,
    exports: host.exports,
    directory:
      work.directory === null
        ? { words: host.path('$WINGS_RUNTIME_PATH'), required: false }
        : { words: host.path(work.directory), required: true },
    script: work.script,
    outputs: [],
    listen: (bytes, stream) => {
      state.wrote = true;
      tail.push(bytes, stream);
    },
  });
  if (end.end === 'stopped') {
    if (end.began && work.mutates) state.touched = true;
    return { progress: 'stopped', confirmed: end.confirmed };
  }
  if (end.end === 'canceled') {
    if (end.began && work.mutates) state.touched = true;
    return { progress: 'stopped', confirmed: true };
  }
  if (work.mutates && end.end !== 'not-started') state.touched = true;
  const problem = explainExit(end, tail, host.name, work.explain);
  if (problem !== null) return { progress: 'failed', failure: problem };
  await attempt.record(`unit:${index}:result`, {});
  return { progress: 'done' };
}

async function runUploads(
  attempt: Attempt,
  host: Host,
  unit: CommandUnit,
  index: number,
  state: State,
): Promise<Progress> {
  const outputs: Record<string, Json> = {};
  for await (const { file, output } of uploadsOf(attempt, host, unit)) {
    if (attempt.signal.aborted) return { progress: 'stopped', confirmed: true };
    await attempt.record(`unit:${index}:intent`, { unit: unit.unit, file: file.fileName });
    const uploaded = await copyFile(attempt, host, file);
    if (uploaded.outcome === 'failed') {
      const sent = uploaded.failure.code !== 'UNREACHABLE' && uploaded.failure.code !== 'AUTHENTICATION_REFUSED';
      // Only the directory was made, and a part that is taken away again; both are as good as nothing.
      if (attempt.signal.aborted)
        return { progress: 'stopped', confirmed: uploaded.failure.code !== 'CONNECTION_LOST' };
      if (sent) state.touched = true;
      return { progress: 'failed', failure: uploaded.failure };
    }
    state.touched = true;
    const there = uploaded.outcome === 'already-there';
    attempt.log.info(`${uploaded.path} ${there ? 'is there already' : 'written'} (sha256 ${uploaded.sha256})`);
    if (there) state.notes.push(`${file.fileName} was there already.`);
    if (output !== null) outputs[output] = { fileName: file.fileName, sha256: uploaded.sha256, path: uploaded.path };
  }
  Object.assign(state.outputs, outputs);
  await attempt.record(`unit:${index}:result`, { outputs });
  return { progress: 'done' };
}

const refused = (problem: Failure): AttemptResult => ({ outcome: 'FAILED', failure: problem, touched: false });
