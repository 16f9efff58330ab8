import type { Json } from '../model/json.ts';
import { lateProblem, openFound, type Evaluation } from './evaluation.ts';
import { parse } from './functors.ts';
import { selectPath } from './json-path.ts';
import { memberOfFamily } from './members.ts';
import { Problem } from './problem.ts';
import { findMember, findRoot, isClosed, type MergedFamily } from './scope.ts';
import { data, describeKind, toText, type Value } from './value.ts';

/** The functors whose answers lie in the scope, in a family of their own name. */
const SCOPED = { context: ['get'], secrets: ['getValue'], configFile: ['getAsString', 'getAsBase64'] } as const;
type ScopedFunctor = keyof typeof SCOPED;

export const isScopedFunctor = (name: string): name is ScopedFunctor => Object.hasOwn(SCOPED, name);

export function callScopedFunctor(
  functor: ScopedFunctor,
  method: string,
  args: readonly Json[],
  at: number,
  of: Evaluation,
): Value {
  const existing = SCOPED[functor].map((each) => `${functor}.${each}`);
  if (!existing.includes(`${functor}.${method}`)) {
    throw new Problem(`there is no function '${functor}.${method}'; there is ${existing.join(', ')}`, at, { existing });
  }
  const [name] = args;
  if (args.length !== 1 || typeof name !== 'string') {
    const found = args.length === 1 ? describeKind(name ?? null) : `${args.length} arguments`;
    throw new Problem(`'${functor}.${method}' takes one name, not ${found}`, at);
  }
  if (functor === 'context') return memberOfFamily(contextFamily(of, at, name), 'context', name, at, of);
  return functor === 'secrets' ? secret(name, at, of) : readFile(name, method, at, of);
}

/** What steps have published, and what else a layer has put under `context`. */
export function contextFamily(of: Evaluation, at: number, wanted: string): MergedFamily {
  const found = rootFamily('context', of);
  if (found !== null) return found;
  throw new Problem(`nothing has been published as '${wanted}'`, at);
}

function rootFamily(name: string, of: Evaluation): MergedFamily | null {
  const found = findRoot(of.scope, name);
  return found.found === 'family' ? found.family : null;
}

/**
 * A secret by name. Away from the agent it stays a reference; on the agent the scope holds those that were sent along.
 * Which names exist is checked where the scope has a closed family `secrets`.
 */
function secret(name: string, at: number, of: Evaluation): Value {
  const label = `secrets.getValue('${name}')`;
  const known = rootFamily('secrets', of);
  if (known !== null) {
    const found = findMember(known, name);
    const pending = found.found === 'value' && found.value.kind === 'pending';
    if (found.found !== 'nothing' && !pending) {
      const value = openFound(found, label, at, of);
      if (value.kind === 'late' && of.condition) throw lateProblem(value, at, of);
      return value;
    }
    if (found.found === 'nothing' && isClosed(known)) return memberOfFamily(known, 'secrets', name, at, of);
  }
  if (of.onAgent) {
    throw new Problem(`secret '${name}' is not available on this agent`, at, { code: 'SECRET_UNAVAILABLE' });
  }
  const value: Value = { kind: 'late', text: { parts: [{ late: 'secret', name }] }, label };
  if (of.condition) throw lateProblem(value, at, of);
  return value;
}

function readFile(name: string, method: string, at: number, of: Evaluation): Value {
  const files = rootFamily('configFile', of);
  if (files === null) throw new Problem('no config files are known here', at);
  const found = memberOfFamily(files, 'configFile', name, at, of);
  if (found.kind !== 'family') throw new Problem(`'configFile.${name}' is no file`, at);
  return memberOfFamily(found.family, found.label, method === 'getAsString' ? 'text' : 'base64', at, of);
}

/** `jsonpath('a.b')`: from the body of the step's own HTTP response. */
export function selectFromResponse(args: readonly Json[], at: number, of: Evaluation): Value {
  const [path] = args;
  if (args.length !== 1 || typeof path !== 'string') throw new Problem("'jsonpath' takes one path, as a text", at);
  const found = findRoot(of.scope, 'httpResponseBody');
  if (found.found === 'nothing') {
    throw new Problem("'jsonpath' reads the response of an HTTP step, and there is none here", at);
  }
  const body = openFound(found, 'httpResponseBody', at, of);
  if (body.kind === 'late' || body.kind === 'lateFamily') throw lateProblem(body, at, of);
  if (body.kind !== 'data') throw new Problem("'httpResponseBody' is no text", at);
  const text = toText(body.data);
  of.spend(at, text.length);
  return data(selectPath(path, parse(text, at), at), `jsonpath('${path}')`);
}
