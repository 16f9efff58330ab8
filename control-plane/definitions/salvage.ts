/**
 * What is left of a document when everything the schema refuses is taken out, so that the checks behind the schema can
 * have their say at once. Places keep their paths: what stands in a list is replaced, never removed.
 */
import type { Json } from '@fairlead/proto/model/json.ts';
import { isJsonList, isJsonObject } from './json-values.ts';
import type { Path, Report } from './problem.ts';

export interface Salvaged<T> {
  readonly value: T;
  /** What was taken out or made up. */
  readonly damaged: readonly Path[];
}

const MAX_ROUNDS = 12;

/** `check` reports what is wrong with the data, or answers with it; null when nothing useful is left. */
export function salvage<T>(data: Json, check: (data: Json, report: Report) => T | null): Salvaged<T> | null {
  let current = data;
  const damaged: Path[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const wrong: Path[] = [];
    const value = check(current, (path) => wrong.push(path));
    if (value !== null) return { value, damaged };
    // The last of a list first, so that what is left to mend is still where it was.
    for (const path of wrong.toReversed()) {
      if (path.length === 0) return null;
      damaged.push(path);
      current = mend(current, path);
    }
  }
  return null;
}

/** Without the value at the path; where something must stand there, the plainest thing that may. */
function mend(data: Json, path: Path): Json {
  const parent = get(data, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === undefined) return mendAbove(data, path);
  if (typeof last === 'number') {
    const plain = plainItem(path);
    return plain === null ? remove(data, path.slice(0, -1)) : put(data, path, plain);
  }
  const present = isJsonObject(parent) && last !== undefined && Object.hasOwn(parent, last);
  if (!present) return mendMissing(data, path);
  const plain = plainField(path);
  return plain === null || same(get(data, path), plain) ? remove(data, path) : put(data, path, plain);
}

function mendMissing(data: Json, path: Path): Json {
  const plain = plainField(path);
  return plain === null ? mendAbove(data, path) : put(data, path, plain);
}

const mendAbove = (data: Json, path: Path): Json => (path.length < 2 ? data : mend(data, path.slice(0, -1)));

/** Required fields. */
function plainField(path: Path): Json | null {
  const [root] = path;
  const depth = path.length;
  const last = path.at(-1);
  if (depth === 1 && last === 'fairlead') return 'v1';
  if (depth === 1 && last === 'application') return 'application';
  if (last === 'type' && depth === 3 && root === 'services') return 'ssh/tar';
  if (last === 'type' && depth === 3 && root === 'workflows') return 'basic';
  if (last === 'user') return 'user';
  return null;
}

function plainItem(path: Path): Json | null {
  const list = path.at(-2);
  if (list === 'onFailure') return { do: 'rollback' };
  if (list === 'hosts' && path[0] === 'environments') return { name: `host-${String(path.at(-1))}` };
  if (path[0] === 'pipelines') return list === 'stages' || list === 'members' ? { approval: { groups: ['x'] } } : null;
  if (path[0] === 'services' && path[2] === 'commands') return { exec: 'true' };
  const steps = list === 'steps' || list === 'verify' || list === 'before' || list === 'after';
  if (path[0] === 'workflows' && (steps || path.at(-3) === 'sections' || path.at(-3) === 'rollback'))
    return { script: 'true' };
  return null;
}

const same = (a: Json | undefined, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

function get(data: Json, path: Path): Json | undefined {
  let current: Json | undefined = data;
  for (const part of path) {
    if (isJsonList(current) && typeof part === 'number') current = current[part];
    else if (isJsonObject(current) && typeof part === 'string' && Object.hasOwn(current, part)) current = current[part];
    else return undefined;
  }
  return current;
}

function change(data: Json, path: Path, how: (parent: Json, last: string | number) => Json): Json {
  const [part, ...rest] = path;
  if (part === undefined) return data;
  if (rest.length === 0) return how(data, part);
  if (isJsonList(data)) return data.map((each, index) => (index === part ? change(each, rest, how) : each));
  if (!isJsonObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, each]) => [key, key === part ? change(each, rest, how) : each]),
  );
}

const put = (data: Json, path: Path, value: Json): Json =>
  change(data, path, (parent, last) => {
    if (isJsonList(parent)) return parent.map((each, index) => (index === last ? value : each));
    return isJsonObject(parent) ? { ...parent, [last]: value } : parent;
  });

const remove = (data: Json, path: Path): Json =>
  change(data, path, (parent, last) =>
    isJsonObject(parent) ? Object.fromEntries(Object.entries(parent).filter(([key]) => key !== last)) : parent,
  );
