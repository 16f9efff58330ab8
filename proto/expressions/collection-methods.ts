import type { Json } from '../model/json.ts';
import { equal } from './operators.ts';
import { Problem } from './problem.ts';
import { describeKind, isList, ownValue } from './value.ts';

type Collection = readonly Json[] | { readonly [key: string]: Json };

interface CollectionCall {
  readonly name: string;
  readonly args: readonly Json[];
  readonly at: number;
  readonly label: string;
}

const METHODS = ['contains', 'containsKey', 'get', 'isEmpty', 'size'] as const;

/** The methods of lists and objects, as Java's List and Map have them. */
export function callCollectionMethod(target: Collection, call: CollectionCall): Json {
  const { name, args, at, label } = call;
  const kind = isList(target) ? 'list' : 'object';
  const takesOne = name === 'get' || name === 'contains' || name === 'containsKey';
  if (!METHODS.some((each) => each === name)) {
    if (!isList(target) && args.length === 0) {
      const property = beanProperty(name, (each) => ownValue(target, each));
      if (property !== undefined) return property;
    }
    throw new Problem(`'${label}' is a ${kind} and has no method '${name}'`, at, { existing: METHODS });
  }
  if (args.length !== (takesOne ? 1 : 0)) {
    throw new Problem(`'${name}' takes ${takesOne ? 1 : 0} arguments, not ${args.length}`, at);
  }
  const [first = null] = args;
  if (name === 'size') return isList(target) ? target.length : Object.keys(target).length;
  if (name === 'isEmpty') return (isList(target) ? target : Object.keys(target)).length === 0;
  if (name === 'get') return isList(target) ? elementAt(target, first, at, label) : memberAt(target, first, at);
  if (isList(target)) return target.some((each) => equal(each, first));
  return typeof first === 'string' && ownValue(target, first) !== undefined;
}

/** `getSHA()` and `jsonFilePath()` read a member; what there is no member for is undefined. */
export function beanProperty<T>(method: string, find: (name: string) => T | undefined): T | undefined {
  const direct = find(method);
  if (direct !== undefined || !/^get[A-Z]/.test(method)) return direct;
  const name = method.slice(3);
  return find(name) ?? find(name.charAt(0).toLowerCase() + name.slice(1)) ?? find(name.toLowerCase());
}

export function elementAt(list: readonly Json[], index: Json, at: number, label: string): Json {
  if (typeof index !== 'number' || !Number.isInteger(index)) {
    throw new Problem(`'${label}' is a list: its index must be a whole number, not ${describeKind(index)}`, at);
  }
  const found = index < 0 ? undefined : list[index];
  if (found !== undefined) return found;
  throw new Problem(`'${label}' has ${list.length} elements; there is none at ${index}`, at);
}

/** As in Java, a key that is not there gives null: `get` is the way to ask for what may be missing. */
function memberAt(record: { readonly [key: string]: Json }, key: Json, at: number): Json {
  if (typeof key !== 'string') throw new Problem(`'get' needs a name, not ${describeKind(key)}`, at);
  return ownValue(record, key) ?? null;
}
