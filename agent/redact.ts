import type { Json } from '@fairlead/proto/model/json.ts';
import { secretPatterns, type SecretPattern } from './secret-patterns.ts';
import { squeeze, type Squeezed } from './squeeze.ts';

const MASK = new TextEncoder().encode('********');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The secret values one attempt has seen. Registering comes before the value is handed out. */
export class Redactor {
  #values = new Set<string>();
  #patterns: readonly SecretPattern[] = [];

  register(value: string): void {
    if (this.#values.has(value)) return;
    this.#values.add(value);
    const forms = new Map<string, SecretPattern>();
    for (const known of this.#values) {
      for (const pattern of secretPatterns(known)) forms.set(`${pattern.wraps} ${pattern.bytes.join()}`, pattern);
    }
    this.#patterns = [...forms.values()];
  }

  /** A stream with a held-back tail of its own, for output that may be cut anywhere. */
  stream(): RedactedStream {
    return new RedactedStream(() => this.#patterns);
  }

  text(text: string): string {
    if (this.#patterns.length === 0) return text;
    return decoder.decode(mask(encoder.encode(text), this.#patterns, true).clear);
  }

  /** Every text anywhere inside, keys too. */
  value<T extends Json>(value: T): T;
  value(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (this.#patterns.length === 0 || typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((each) => this.value(each));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.text(key), this.value(each)]));
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Masks a stream of bytes, also where a secret is split over chunks: what may be the start of one waits for the rest. */
export class RedactedStream {
  readonly #patterns: () => readonly SecretPattern[];
  #held: Uint8Array = new Uint8Array(0);

  constructor(patterns: () => readonly SecretPattern[]) {
    this.#patterns = patterns;
  }

  push(bytes: Uint8Array): Uint8Array {
    return this.#mask(bytes, false);
  }

  /** What was held back: nothing follows it any more. */
  end(): Uint8Array {
    return this.#mask(new Uint8Array(0), true);
  }

  #mask(bytes: Uint8Array, final: boolean): Uint8Array {
    const patterns = this.#patterns();
    if (patterns.length === 0 && this.#held.length === 0) return bytes;
    const { clear, held } = mask(join(this.#held, bytes), patterns, final);
    this.#held = held;
    return clear;
  }
}

interface Span {
  readonly from: number;
  to: number;
}

function mask(
  bytes: Uint8Array,
  patterns: readonly SecretPattern[],
  final: boolean,
): { clear: Uint8Array; held: Uint8Array } {
  const squeezed = squeeze(bytes);
  const spans = secretSpans(bytes, squeezed, patterns);
  let end = final ? bytes.length : possibleStart(bytes, squeezed, patterns);
  // A secret that may go on (one value is the start of another) is held back whole.
  const cut = spans.find((span) => span.from < end && span.to > end);
  if (cut !== undefined) end = cut.from;
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const span of spans) {
    if (span.from >= end) break;
    parts.push(bytes.subarray(from, span.from), MASK);
    from = span.to;
  }
  parts.push(bytes.subarray(from, end));
  return { clear: join(...parts), held: bytes.slice(end) };
}

/** Where secrets stand, in order; those that overlap are one span. */
function secretSpans(bytes: Uint8Array, squeezed: Squeezed, patterns: readonly SecretPattern[]): readonly Span[] {
  const found: Span[] = [];
  const whole = bufferOf(bytes);
  const unwrapped = bufferOf(squeezed.bytes);
  for (const pattern of patterns) {
    const text = pattern.wraps ? unwrapped : whole;
    const { length } = pattern.bytes;
    for (let at = text.indexOf(pattern.bytes); at >= 0; at = text.indexOf(pattern.bytes, at + 1)) {
      const last = at + length - 1;
      found.push(pattern.wraps ? { from: squeezed.at(at), to: squeezed.at(last) + 1 } : { from: at, to: at + length });
    }
  }
  found.sort((one, other) => one.from - other.from || other.to - one.to);
  const merged: Span[] = [];
  for (const span of found) {
    const last = merged.at(-1);
    if (last !== undefined && span.from < last.to) last.to = Math.max(last.to, span.to);
    else merged.push(span);
  }
  return merged;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The first byte from which on everything may be the beginning of a secret; the length when there is none. */
function possibleStart(bytes: Uint8Array, squeezed: Squeezed, patterns: readonly SecretPattern[]): number {
  let first = bytes.length;
  for (const pattern of patterns) {
    if (!pattern.wraps) first = Math.min(first, startOf(bytes, pattern.bytes, 1));
    else {
      const start = startOf(squeezed.bytes, pattern.bytes, squeezed.endsInGap ? pattern.begins : 1);
      if (start < squeezed.bytes.length) first = Math.min(first, squeezed.at(start));
    }
  }
  return first;
}

/** Where at least so many bytes up to the end are the beginning of it. */
function startOf(bytes: Uint8Array, pattern: Uint8Array, atLeast: number): number {
  for (let at = Math.max(0, bytes.length - pattern.length + 1); at <= bytes.length - atLeast; at += 1) {
    if (startsLike(bytes, at, pattern)) return at;
  }
  return bytes.length;
}

function startsLike(bytes: Uint8Array, from: number, pattern: Uint8Array): boolean {
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] !== pattern[at - from]) return false;
  return true;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter((part) => part.length > 0);
  const [only] = filled;
  if (filled.length <= 1) return only ?? new Uint8Array(0);
  const joined = new Uint8Array(filled.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of filled) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
