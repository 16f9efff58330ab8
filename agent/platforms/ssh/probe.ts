import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Probe } from '../platform.ts';
import { ask } from '../shell/ask.ts';
import type { Transport } from '../shell/channel.ts';
import { claimName } from '../shell/claim-name.ts';
import { outputsOf } from '../shell/script-outputs.ts';
import { probeProgram } from '../shell/wrapper.ts';

/** What a target's claims say of an attempt. Whoever asks may know nothing of it but its id, and what it was to set. */
export async function probeHost(
  transport: Transport,
  system: System,
  attempt: { readonly id: AttemptId; readonly base: string; readonly outputs: readonly string[] },
): Promise<Probe> {
  const claim = { base: attempt.base, name: claimName(attempt.id) };
  try {
    const values = new Map<string, Uint8Array>();
    const onValue = (name: string, bytes: Uint8Array): void => void values.set(name, bytes);
    const lines = await ask(transport, system, (nonce) => probeProgram(claim, nonce), { onValue });
    const seen = judge(
      lines.map((line) => line.rest.split(' ')),
      lines.some((line) => line.word === 'n'),
      transport.name,
    );
    return withOutputs(seen, attempt.outputs, values);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { seen: 'unknown', failure: error.failures[0] };
  }
}

/** A success that has not set what it was to set is none, whoever tells of it. */
function withOutputs(seen: Probe, names: readonly string[], values: ReadonlyMap<string, Uint8Array>): Probe {
  if (seen.seen !== 'ended' || seen.result.outcome !== 'SUCCESS' || names.length === 0) return seen;
  const given = outputsOf(names, values);
  const result: AttemptResult = given.ok
    ? { ...seen.result, outputs: given.outputs }
    : { outcome: 'FAILED', failure: given.failure, touched: true };
  return { ...seen, result };
}

function judge(rows: readonly (readonly string[])[], never: boolean, where: string): Probe {
  const of = (state: string): readonly (readonly string[])[] => rows.filter((row) => row[0] === state);
  if (never) return { seen: 'never-started' };
  if (of('running').length > 0) return { seen: 'running' };
  const canceled = of('canceled').length > 0;
  const claims = [...of('ended'), ...of('gone'), ...of('claimed')];
  if (claims.length === 0 && !canceled) return { seen: 'never-started' };
  if (canceled) {
    return {
      seen: 'ended',
      result: {
        outcome: 'CANCELED',
        failure: failure('CANCELED', `canceled on ${where}; nothing of it runs`),
        touched: claims.length > 0,
        confirmed: true,
      },
    };
  }
  if (of('ended').some((row) => !/^\d+$/.test(row[1] ?? ''))) {
    return { seen: 'unknown', failure: failure('OUTCOME_UNKNOWN', `on ${where} the exit status of a unit is lost`) };
  }
  const bad = of('ended').find((row) => row[1] !== '0');
  if (bad !== undefined || of('gone').length > 0) {
    const why =
      bad === undefined
        ? 'it was killed, or the host went down'
        : `unit ${Number(bad[2]) + 1} ended with exit status ${bad[1] ?? '?'}`;
    return {
      seen: 'ended',
      result: { outcome: 'FAILED', failure: failure('COMMAND_FAILED', `${why} on ${where}`), touched: true },
    };
  }
  const last = Number(of('units')[0]?.[1] ?? Number.NaN) - 1;
  if (of('ended').some((row) => Number(row[2]) === last))
    return { seen: 'ended', result: { outcome: 'SUCCESS', touched: true } };
  return {
    seen: 'unknown',
    failure: failure(
      'OUTCOME_UNKNOWN',
      `on ${where} it stopped between two units: what began has ended, and the rest never began`,
    ),
  };
}
