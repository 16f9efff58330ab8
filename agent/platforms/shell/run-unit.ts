import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Channel, Transport } from './channel.ts';
import { claimName } from './claim-name.ts';
import { FrameReader, type Frame } from './frames.ts';
import { BOOTSTRAP, unitProgram, type UnitProgram } from './wrapper.ts';

export interface Unit {
  readonly attemptId: AttemptId;
  /** Shell words of the directory of all claims at the target. */
  readonly base: string;
  readonly unit: number;
  readonly units: number;
  /** True when an earlier process may have started it. */
  readonly resumed: boolean;
  readonly shell: 'sh' | 'bash';
  /** Exported to the script: name → shell words of its value. */
  readonly exports: Readonly<Record<string, string>>;
  readonly directory: UnitProgram['directory'];
  readonly script: string;
  readonly outputs: readonly string[];
}

export type UnitEnd =
  | { readonly end: 'exited'; readonly status: number; readonly values: ReadonlyMap<string, Buffer> }
  /** It was running and is gone without a status: killed, or the host went down. */
  | { readonly end: 'killed' }
  /** The attempt was canceled at the target: the unit was ended by that, or never began and never will. */
  | { readonly end: 'canceled'; readonly began: boolean }
  /** It never began. */
  | { readonly end: 'not-started'; readonly failure: Failure }
  /** It may have begun, and how it ended cannot be found out. */
  | { readonly end: 'unknown'; readonly failure: Failure };

export interface UnitEvents {
  /** From here on it may have begun. */
  sending(): void;
  output(bytes: Uint8Array, stream: 'stdout' | 'stderr'): void;
  /** The claim was there already: an earlier process started it. */
  found(): void;
  /** The connection went away and is made again; the unit is not disturbed. */
  reconnecting(failure: Failure): void;
}

export interface RunUnitOptions {
  readonly transport: Transport;
  readonly system: System;
  readonly events: UnitEvents;
  /** Stops looking. What runs is not told: see `stopAttempt`. */
  readonly signal: AbortSignal;
  /** How long to go on reconnecting after a loss. Milliseconds. */
  readonly reconnectForMs: number;
}

/** A wrapper that was heard for so long was reached: the next loss has nothing to do with the one before. */
const STEADY_MS = 5_000;

/** Runs a unit at most once, whatever happens to the connection and to this process, and finds out how it ended. */
export async function runUnit(unit: Unit, options: RunUnitOptions): Promise<UnitEnd> {
  const { transport, system, events, signal } = options;
  const from = { out: 0, err: 0 };
  let mode: 'run' | 'resume' = unit.resumed ? 'resume' : 'run';
  let lostAt: number | null = null;
  for (let tries = 0; ; tries += 1) {
    let problem: Failure;
    try {
      const channel = await transport.open(BOOTSTRAP, { signal });
      const offsets = from.out + from.err;
      const openedAt = system.clock.monotonic();
      const end = await follow(channel, unit, mode, from, system, events, signal);
      if ('end' in end) return end;
      if (end.again) {
        mode = 'resume';
        continue;
      }
      problem = end.failure;
      // From here on it may have started.
      mode = 'resume';
      const now = system.clock.monotonic();
      const reached = end.spoke && now - openedAt >= STEADY_MS;
      if (reached) tries = 0;
      if (lostAt === null || reached || from.out + from.err > offsets) lostAt = now;
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      problem = error.failures[0];
      if (lostAt === null && !unit.resumed) return { end: 'not-started', failure: problem };
      lostAt ??= system.clock.monotonic();
    }
    if (signal.aborted || system.clock.monotonic() - lostAt >= options.reconnectForMs)
      return unknown(problem, transport);
    if (tries === 0) events.reconnecting(problem);
    await pause(Math.min(100 * 2 ** tries, 2_000) * (0.5 + system.random.fraction()), system, signal);
  }
}

type Followed =
  | UnitEnd
  | { readonly again: true }
  /** `spoke`: the wrapper was there. */
  | { readonly again: false; readonly failure: Failure; readonly spoke: boolean };

async function follow(
  channel: Channel,
  unit: Unit,
  mode: 'run' | 'resume',
  from: { out: number; err: number },
  system: System,
  events: UnitEvents,
  signal: AbortSignal,
): Promise<Followed> {
  const nonce = system.ids.unique('n');
  const values = new Map<string, Buffer>();
  let said: Followed | null = null;
  const reader = new FrameReader(nonce, (frame: Frame) => {
    if (frame.frame === 'output') {
      if (frame.stream === 'stdout') from.out += frame.bytes.length;
      else from.err += frame.bytes.length;
      events.output(frame.bytes, frame.stream);
    } else if (frame.frame === 'value') values.set(frame.name, Buffer.from(frame.bytes));
    else if (frame.word === 'found') events.found();
    else said = verdict(frame.word, frame.rest, values) ?? said;
  });
  let complaint = '';
  channel.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2_000)));
  channel.stdin.on('error', () => undefined);
  const stopLooking = (): void => channel.close();
  if (signal.aborted) {
    stopLooking();
    return { again: false, failure: failure('CANCELED', 'given up before it was sent'), spoke: false };
  }
  signal.addEventListener('abort', stopLooking, { once: true });
  events.sending();
  channel.stdin.end(
    unitProgram({
      ...unit,
      claim: { base: unit.base, name: claimName(unit.attemptId) },
      nonce,
      mode,
      from: { ...from },
    }),
  );
  const ended = await channel.ended;
  signal.removeEventListener('abort', stopLooking);
  if (said !== null) return said;
  const spoke = reader.marked;
  if (ended.end === 'lost') return { again: false, failure: ended.failure, spoke };
  const how = ended.end === 'exit' ? `status ${ended.status}` : `signal ${ended.signal}`;
  const why = complaint.trim() === '' ? '' : `: ${complaint.trim().slice(0, 500)}`;
  if (!spoke && ended.end === 'exit') {
    return {
      end: 'not-started',
      failure: refusal(complaint.trim() || `the shell ended with ${how} before it did anything`),
    };
  }
  return { again: false, failure: failure('CONNECTION_LOST', `the wrapper ended early with ${how}${why}`), spoke };
}

function verdict(word: string, rest: string, values: ReadonlyMap<string, Buffer>): Followed | null {
  const canceled = rest.endsWith('canceled');
  const status = Number.parseInt(rest, 10);
  switch (word) {
    case 'x':
      if (Number.isNaN(status)) return lostStatus(rest);
      // One that succeeded before the cancel came has succeeded.
      if (canceled && status !== 0) return { end: 'canceled', began: true };
      return { end: 'exited', status, values };
    case 'k':
      return canceled ? { end: 'canceled', began: true } : { end: 'killed' };
    case 't':
      return { end: 'canceled', began: false };
    case 'c':
      return { again: true };
    case 'f':
      return { end: 'not-started', failure: refusal(rest) };
    case 'u':
      return {
        end: 'unknown',
        failure: failure('OUTCOME_UNKNOWN', 'the unit was claimed at the target, but nothing tells whether it began'),
      };
    default:
      return null;
  }
}

/** A host that lost its power may keep the name of the file and not what was written into it. */
const lostStatus = (text: string): UnitEnd => ({
  end: 'unknown',
  failure: failure(
    'OUTCOME_UNKNOWN',
    `the unit has ended, but its exit status is lost: '${text.slice(0, 20)}' was kept`,
  ),
});

/** Why a target's shell would not begin. */
export function refusal(text: string): Failure {
  if (/no space left|disk quota exceeded|ENOSPC/i.test(text))
    return failure('DISK_FULL', `no space left on the target: ${text}`);
  if (/not found/i.test(text)) return failure('MISSING_TOOL', `the target lacks a tool: ${text}`);
  return failure('COMMAND_FAILED', `the target could not begin: ${text}`);
}

const unknown = (problem: Failure, transport: Transport): UnitEnd => ({
  end: 'unknown',
  failure: failure('OUTCOME_UNKNOWN', `${transport.name} cannot be asked how the script ended: ${problem.message}`, {
    details: { cause: problem.code },
  }),
});

/** Waits, unless the signal comes first. */
export function pause(ms: number, system: System, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = system.scheduler.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
