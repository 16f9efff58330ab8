import type { Json } from '../model/json.ts';
import { selectPath } from './json-path.ts';
import { LIMITS } from './limits.ts';
import type { Patterns } from './patterns.ts';
import { Problem } from './problem.ts';
import { describeKind, isList, isRecord, ownValue } from './value.ts';

interface FunctorCall {
  readonly args: readonly Json[];
  readonly at: number;
  readonly patterns: Patterns;
}

interface Functor {
  readonly arity: number;
  run(call: FunctorCall): Json;
}

/** Known by name, and what to do without. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  'xml.select': 'xml.select is not supported yet; use regex.extract on the text',
};

/** Functions that need nothing but their arguments (orchestration 4.6), by `functor.method`. */
const FUNCTORS: Readonly<Record<string, Functor>> = {
  'regex.extract': { arity: 2, run: extract },
  'json.select': { arity: 2, run: (call) => selectPath(text(call, 0), parse(text(call, 1), call.at), call.at) },
  'json.object': { arity: 1, run: (call) => parse(text(call, 0), call.at) },
  'json.list': {
    arity: 2,
    run(call) {
      const found = selectPath(text(call, 0), parse(text(call, 1), call.at), call.at);
      if (isList(found)) return found;
      throw new Problem(`the JSON path leads to ${describeKind(found)}, not to a list`, call.at);
    },
  },
  'json.format': { arity: 1, run: (call) => JSON.stringify(call.args[0] ?? null) },
  'aws.tags.find': { arity: 2, run: (call) => findTag(call.args[0] ?? null, text(call, 1)) },
};

export const callFunctor = (functor: string, method: string, call: FunctorCall): Json =>
  functionOf(functor, method, call.args.length, call.at).run(call);

/** Throws where there is none that takes so many: told before anything is known of the arguments. */
export function functionOf(functor: string, method: string, count: number, at: number): Functor {
  const name = `${functor}.${method}`;
  const mend = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined;
  if (mend !== undefined) throw new Problem(mend, at, { code: 'UNSUPPORTED' });
  const found = Object.hasOwn(FUNCTORS, name) ? FUNCTORS[name] : undefined;
  if (found === undefined) {
    const existing = Object.keys(FUNCTORS).filter((each) => each.startsWith(`${functor}.`));
    throw new Problem(`there is no function '${name}'; there is ${existing.join(', ')}`, at, { existing });
  }
  if (count !== found.arity) throw new Problem(`'${name}' takes ${found.arity} arguments, not ${count}`, at);
  return found;
}

function text({ args, at }: FunctorCall, index: number): string {
  const value = args[index] ?? null;
  if (typeof value === 'string') return value;
  // What a step has published as an object is as good as its JSON text.
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  throw new Problem(`argument ${index + 1} must be a text, not ${describeKind(value)}`, at);
}

/** JSON from anywhere. Its text never appears in a message. */
export function parse(source: string, at: number): Json {
  let value: Json;
  try {
    value = JSON.parse(source) as Json; // what JSON.parse gives is Json
  } catch {
    throw new Problem('the text is not JSON', at);
  }
  if (isDeeperThan(value, LIMITS.jsonDepth)) throw new Problem(`JSON may nest ${LIMITS.jsonDepth} deep`, at);
  return value;
}

export function isDeeperThan(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeperThan(each, depth - 1));
}

/** The first match that is not empty, or the empty text. */
function extract(call: FunctorCall): string {
  let found = '';
  call.patterns.forEachMatch(text(call, 0), text(call, 1), call.at, ({ groups }) => {
    found = groups[0] ?? '';
    return found === '';
  });
  return found;
}

/** Tags as AWS lists them (`[{key, value}]`) or as a map; names are case-sensitive, an absent one is the empty text. */
function findTag(tags: Json, name: string): Json {
  if (isRecord(tags)) return ownValue(tags, name) ?? '';
  for (const tag of isList(tags) ? tags : []) {
    if (isRecord(tag) && (tag['key'] ?? tag['Key']) === name) return tag['value'] ?? tag['Value'] ?? '';
  }
  return '';
}
