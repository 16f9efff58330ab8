/** An attempt's log as text: gaps become a line, following ends when the attempt has and its log is whole. */
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { LogChunk } from '../../ports/logs.ts';
import type { Call } from './route.ts';

type LogCall = Pick<Call<unknown, unknown, unknown>, 'useCases' | 'actor' | 'signal'>;

const READ_BYTES = 262_144;

/** What there is of it, and how much of it is not there although it was written. */
export async function* readLogText(
  call: LogCall,
  attempt: AttemptId,
  { from, missing }: { readonly from: number; readonly missing: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksFrom(call, attempt, from)) yield* textOf(chunk);
  yield* textOfMissing(missing);
}

export async function* followLog(call: LogCall, attempt: AttemptId, from: number): AsyncGenerator<Uint8Array> {
  let position = from;
  let wake = (): void => {};
  let changed = true;
  const end = call.useCases.watch({ attemptId: attempt }, () => {
    changed = true;
    wake();
  });
  call.signal.addEventListener('abort', () => wake());
  try {
    while (!call.signal.aborted) {
      changed = false;
      // Asked before reading: what was written until the end is then still read.
      const ended = await hasEnded(call, attempt);
      for await (const chunk of chunksFrom(call, attempt, position)) {
        yield* textOf(chunk);
        position = chunk.offset + chunk.bytes.byteLength;
      }
      if (ended) {
        const missing = await call.useCases.awaitLog(call.actor, attempt, call.signal);
        yield* readLogText(call, attempt, { from: position, missing });
        return;
      }
      if (!changed && !call.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    end();
  }
}

async function* chunksFrom(call: LogCall, attempt: AttemptId, from: number): AsyncGenerator<LogChunk> {
  let position = from;
  while (!call.signal.aborted) {
    const chunks = await call.useCases.readLog(call.actor, attempt, position, READ_BYTES);
    if (chunks.length === 0) return;
    for (const chunk of chunks) {
      yield chunk;
      position = chunk.offset + chunk.bytes.byteLength;
    }
  }
}

function* textOf(chunk: LogChunk): Generator<Uint8Array> {
  if (chunk.gap > 0) yield Buffer.from(`\n… ${chunk.gap} bytes were dropped here …\n`);
  yield chunk.bytes;
}

function* textOfMissing(bytes: number): Generator<Uint8Array> {
  if (bytes > 0) yield Buffer.from(`\n… the last ${bytes} bytes of this log have not arrived …\n`);
}

async function hasEnded(call: LogCall, attempt: AttemptId): Promise<boolean> {
  const view = await call.useCases.getExecution(call.actor, executionOf(attempt));
  const status = view.nodes.find((node) => node.attemptId === attempt)?.status ?? null;
  return view.header.settled || (status === null ? isTerminal(view.header.status) : isTerminal(status));
}
