import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Transport } from './channel.ts';
import { FrameReader } from './frames.ts';
import { refusal } from './run-unit.ts';
import { BOOTSTRAP } from './wrapper.ts';

/** Runs a short wrapper program that starts nothing and returns the lines it says. Rejects with a FailureError. */
export async function ask(
  transport: Transport,
  system: System,
  program: (nonce: string) => string,
  options: {
    readonly urgent?: boolean;
    readonly signal?: AbortSignal;
    readonly onValue?: (name: string, bytes: Uint8Array) => void;
  } = {},
): Promise<readonly { readonly word: string; readonly rest: string }[]> {
  const nonce = system.ids.unique('n');
  const lines: { word: string; rest: string }[] = [];
  const channel = await transport.open(BOOTSTRAP, options);
  const reader = new FrameReader(nonce, (frame) => {
    if (frame.frame === 'line') lines.push({ word: frame.word, rest: frame.rest });
    if (frame.frame === 'value') options.onValue?.(frame.name, frame.bytes);
  });
  let complaint = '';
  channel.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2_000)));
  channel.stdin.on('error', () => undefined);
  const stop = (): void => channel.close();
  options.signal?.addEventListener('abort', stop, { once: true });
  channel.stdin.end(program(nonce));
  const ended = await channel.ended;
  options.signal?.removeEventListener('abort', stop);
  if (ended.end === 'lost') throw new FailureError(ended.failure);
  if (!reader.marked) throw new FailureError(refusal(complaint.trim() || 'its shell did nothing'));
  const refused = lines.find((line) => line.word === 'f');
  if (refused !== undefined) throw new FailureError(refusal(refused.rest));
  if (lines.length === 0)
    throw new FailureError(failure('CONNECTION_LOST', `${transport.name} said nothing: ${complaint.trim()}`));
  return lines;
}
