import type { Json } from '../model/json.ts';
import { LIMITS } from './limits.ts';
import type { Patterns } from './patterns.ts';
import { Problem } from './problem.ts';
import { replaceMatches, splitText } from './replace.ts';
import { describeKind, toText } from './value.ts';

export interface MethodCall {
  readonly args: readonly Json[];
  readonly at: number;
  readonly name: string;
  readonly patterns: Patterns;
}

interface Method {
  /** What the arguments are: `t` a text (numbers are spelled out), `n` a whole number; after `?` they may be left out. */
  readonly takes: string;
  run(text: string, args: Arguments, call: MethodCall): Json;
}

interface Arguments {
  text(index: number): string;
  number(index: number, otherwise: number): number;
}

/** The methods of a text, as Java's String has them. */
const METHODS: Readonly<Record<string, Method>> = {
  charAt: { takes: 'n', run: (text, args, call) => text.charAt(within(args.number(0, 0), 0, text.length - 1, call)) },
  concat: { takes: 't', run: (text, args) => text + args.text(0) },
  contains: { takes: 't', run: (text, args) => text.includes(args.text(0)) },
  endsWith: { takes: 't', run: (text, args) => text.endsWith(args.text(0)) },
  equals: { takes: 't', run: (text, args) => text === args.text(0) },
  equalsIgnoreCase: { takes: 't', run: (text, args) => text.toLowerCase() === args.text(0).toLowerCase() },
  indexOf: { takes: 't?n', run: (text, args) => text.indexOf(args.text(0), args.number(1, 0)) },
  isBlank: { takes: '', run: (text) => text.trim() === '' },
  isEmpty: { takes: '', run: (text) => text === '' },
  lastIndexOf: {
    takes: 't?n',
    run: (text, args) => {
      const from = args.number(1, text.length);
      return from < 0 ? -1 : text.lastIndexOf(args.text(0), from);
    },
  },
  length: { takes: '', run: (text) => text.length },
  matches: { takes: 't', run: (text, args, call) => call.patterns.matchesWhole(args.text(0), text, call.at) },
  replace: { takes: 'tt', run: (text, args, call) => replaceLiteral(text, args.text(0), args.text(1), call.at) },
  replaceAll: { takes: 'tt', run: (text, args, call) => replaceMatches(text, args.text(0), args.text(1), true, call) },
  replaceFirst: {
    takes: 'tt',
    run: (text, args, call) => replaceMatches(text, args.text(0), args.text(1), false, call),
  },
  split: { takes: 't?n', run: (text, args, call) => splitText(text, args.text(0), args.number(1, 0), call) },
  startsWith: { takes: 't?n', run: (text, args) => text.startsWith(args.text(0), args.number(1, 0)) },
  strip: { takes: '', run: (text) => text.trim() },
  substring: {
    takes: 'n?n',
    run: (text, args, call) => {
      const end = within(args.number(1, text.length), 0, text.length, call);
      return text.substring(within(args.number(0, 0), 0, end, call), end);
    },
  },
  toLowerCase: { takes: '', run: (text) => text.toLowerCase() },
  toString: { takes: '', run: (text: string) => text },
  toUpperCase: { takes: '', run: (text) => text.toUpperCase() },
  trim: { takes: '', run: (text) => text.trim() },
};

const STRING_METHODS = Object.keys(METHODS);

export function callStringMethod(text: string, call: MethodCall): Json {
  const method = Object.hasOwn(METHODS, call.name) ? METHODS[call.name] : undefined;
  if (method === undefined) {
    throw new Problem(`a text has no method '${call.name}'`, call.at, { existing: STRING_METHODS });
  }
  return method.run(text, readArguments(method.takes, call), call);
}

function readArguments(takes: string, { args, name, at }: MethodCall): Arguments {
  const [required = '', optional = ''] = takes.split('?');
  const kinds = required + optional;
  if (args.length < required.length || args.length > kinds.length) {
    const counts = optional === '' ? `${required.length}` : `${required.length} or ${kinds.length}`;
    throw new Problem(`'${name}' takes ${counts} arguments, not ${args.length}`, at);
  }
  const refuse = (index: number, wanted: string, found: Json): Problem =>
    new Problem(`argument ${index + 1} of '${name}' must be ${wanted}, not ${describeKind(found)}`, at);
  return {
    text(index) {
      const value = args[index] ?? null;
      if (value === null || typeof value === 'object') throw refuse(index, 'a text', value);
      return toText(value);
    },
    number(index, otherwise) {
      const value = args[index];
      if (value === undefined) return otherwise;
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw refuse(index, 'a whole number', value);
      return value;
    },
  };
}

function within(index: number, lowest: number, highest: number, { name, at }: MethodCall): number {
  if (index >= lowest && index <= highest) return index;
  throw new Problem(`'${name}' reaches outside the text`, at);
}

/** Counts before it builds, since a short text can become a very long one. */
function replaceLiteral(text: string, wanted: string, replacement: string, at: number): string {
  const pieces = text.split(wanted);
  const length = text.length + (pieces.length + 1) * Math.max(0, replacement.length - wanted.length);
  if (length > LIMITS.textBytes) throw new Problem(`the text becomes longer than ${LIMITS.textBytes} bytes`, at);
  return text.replaceAll(wanted, () => replacement);
}
