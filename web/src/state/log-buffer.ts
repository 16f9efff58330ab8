/**
 * A log as lines, from frames addressed by byte offset. Frames may come again or cut elsewhere after a reconnect: bytes
 * below `next` are known and dropped. Only the newest lines are kept; what was dropped is counted, never silent.
 */
import type { ServerFrame } from '@fairlead/proto/live.ts';

export type LogFrame = Extract<ServerFrame, { readonly feed: 'log' }>;

export type LogLine =
  | { readonly type: 'text'; readonly number: number; readonly text: string }
  /** Bytes that the agent had to drop. */
  | { readonly type: 'gap'; readonly bytes: number };

export interface LogBuffer {
  /** Byte offset of what comes next: where a new subscription starts. */
  readonly next: number;
  readonly lines: readonly LogLine[];
  /** The last line, not ended yet; also in `lines`. */
  readonly open: boolean;
  /** Lines no longer kept. */
  readonly dropped: number;
  /** Text lines so far, dropped ones included. */
  readonly count: number;
}

export const EMPTY_LOG: LogBuffer = { next: 0, lines: [], open: false, dropped: 0, count: 0 };
export const KEPT_LINES = 50_000;

export type LogApplied =
  | { readonly buffer: LogBuffer }
  /** Bytes between are missing without being declared dropped: subscribe again from `buffer.next`. */
  | { readonly buffer: LogBuffer; readonly missing: true };

export function applyLogFrame(buffer: LogBuffer, frame: LogFrame, kept = KEPT_LINES): LogApplied {
  if (frame.next <= buffer.next) return { buffer };
  if (frame.offset - frame.gap > buffer.next) return { buffer, missing: true };
  const text = frame.offset < buffer.next ? afterBytes(frame.text, buffer.next - frame.offset) : frame.text;
  const gap = Math.max(0, frame.offset - buffer.next);
  const lines = [...buffer.lines];
  let { open, count } = buffer;
  if (gap > 0) {
    lines.push({ type: 'gap', bytes: gap });
    open = false;
  }
  const pieces = text.split('\n');
  pieces.forEach((piece, index) => {
    const last = index === pieces.length - 1;
    // What follows the final newline is the beginning of a line only once something stands there.
    if (last && piece === '') {
      open = open && pieces.length === 1;
      return;
    }
    const before = open ? lines.at(-1) : undefined;
    if (before?.type === 'text') {
      lines[lines.length - 1] = { ...before, text: before.text + piece };
    } else {
      count += 1;
      lines.push({ type: 'text', number: count, text: piece });
    }
    open = last;
  });
  const excess = Math.max(0, lines.length - kept);
  return {
    buffer: {
      next: frame.next,
      lines: excess === 0 ? lines : lines.slice(excess),
      open,
      dropped: buffer.dropped + excess,
      count,
    },
  };
}

function afterBytes(text: string, skip: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(skip));
}

// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;

/** As a terminal would leave the line: colors gone, a carriage return starts the line again. */
export function plainText(text: string): string {
  const plain = text.includes('\u001B') ? text.replace(ESCAPES, '') : text;
  if (!plain.includes('\r')) return plain;
  const whole = plain.endsWith('\r') ? plain.slice(0, -1) : plain;
  return whole.slice(whole.lastIndexOf('\r') + 1);
}

/** Indexes of the lines that hold the text, letter case aside. */
export function findLines(lines: readonly LogLine[], text: string): readonly number[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  lines.forEach((line, index) => {
    if (line.type === 'text' && plainText(line.text).toLowerCase().includes(wanted)) found.push(index);
  });
  return found;
}

export const wholeText = (buffer: LogBuffer): string =>
  buffer.lines
    .map((line) => (line.type === 'gap' ? `[${line.bytes} bytes dropped at the agent]` : plainText(line.text)))
    .join('\n');
