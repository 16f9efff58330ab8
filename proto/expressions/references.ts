import type { Node, Part } from './ast.ts';
import { parseCondition } from './condition.ts';
import { FUNCTOR_NAMES } from './names.ts';
import { attempt, positionOf, type Position } from './problem.ts';
import { isScopedFunctor } from './scoped-functors.ts';
import { parseTemplate } from './template.ts';

/** A path that a text names: `env.name`, `workflow.variables.port`, `secrets.<name>`, `configFile.<name>`. */
export interface Reference extends Position {
  readonly root: string;
  readonly members: readonly string[];
  /** False when the rest of the path is only known in evaluation: `context.get(instance.name)`. */
  readonly complete: boolean;
}

/** A text with expressions in it, or a condition, which is one expression. */
export type Language = 'text' | 'condition';

/**
 * Every path the text names, in order, shell variables (`${HOME}`) included, since only a scope tells them apart. What
 * cannot be read names nothing.
 */
export function references(text: string, language: Language = 'text'): readonly Reference[] {
  const found: Found[] = [];
  if (language === 'text') collectParts(parseTemplate(text).parts, found);
  else {
    const parsed = attempt(() => parseCondition(text));
    if ('value' in parsed) collect(parsed.value, found);
  }
  return found.map(({ at, root, members, complete }) => ({ root, members, complete, ...positionOf(text, at) }));
}

interface Found {
  readonly root: string;
  readonly members: readonly string[];
  readonly complete: boolean;
  readonly at: number;
  /** A method was called: what follows belongs to its outcome and not to the path. */
  readonly ended: boolean;
}

function collectParts(parts: readonly Part[], found: Found[]): void {
  for (const part of parts) {
    if (typeof part !== 'string' && part.kind === 'expression') collect(part.node, found);
  }
}

function collect(node: Node, found: Found[]): void {
  const path = followPath(node, found);
  if (path !== null) found.push(path);
}

/** The path a node stands for, or null. Whatever else the node names on the way is collected. */
function followPath(node: Node, found: Found[]): Found | null {
  switch (node.kind) {
    case 'literal':
      return null;
    case 'text':
      collectParts(node.parts, found);
      return null;
    case 'name':
      return { root: node.name, members: [], complete: true, at: node.at, ended: false };
    case 'member':
      return extend(followPath(node.object, found), node.name);
    case 'index':
    case 'splice': {
      const key = node.kind === 'index' ? node.key : node.text;
      const name = constantName(key);
      const names = name === null ? [null] : node.kind === 'splice' ? name.split('.').slice(1) : [name];
      const path = names.reduce(extend, followPath(node.object, found));
      if (name === null) collect(key, found);
      return path;
    }
    case 'call':
      return followCall(node, found);
    case 'unary':
      collect(node.operand, found);
      return null;
    case 'binary':
      collect(node.left, found);
      collect(node.right, found);
      return null;
  }
}

function followCall(node: Extract<Node, { kind: 'call' }>, found: Found[]): Found | null {
  const [first] = node.args;
  const name = first === undefined ? null : constantName(first);
  const collectArguments = (): void => node.args.forEach((arg) => collect(arg, found));
  if (node.object === null) {
    collectArguments();
    if (node.name !== 'jsonpath') return null;
    return { root: 'httpResponseBody', members: [], complete: true, at: node.at, ended: true };
  }
  const path = followPath(node.object, found);
  const isFunctor = path !== null && FUNCTOR_NAMES.some((each) => each === path.root);
  if (isFunctor && !isScopedFunctor(path.root)) {
    collectArguments();
    return null;
  }
  const reads = node.name === 'get' || (isFunctor && path.members.length === 0);
  if (path === null || !reads || node.args.length !== 1) {
    collectArguments();
    return path === null ? null : { ...path, ended: true };
  }
  if (name === null) collectArguments();
  const extended = extend(path, name);
  return extended !== null && isFunctor && path.root !== 'context' ? { ...extended, ended: true } : extended;
}

function extend(path: Found | null, name: string | null): Found | null {
  if (path === null || path.ended || !path.complete) return path;
  if (name === null) return { ...path, complete: false };
  return { ...path, members: [...path.members, name] };
}

/** A name as written, if it is no expression. */
function constantName(node: Node): string | null {
  if (node.kind === 'literal' && typeof node.value === 'number') return String(node.value);
  if (node.kind !== 'text' || node.parts.length > 1) return null;
  const [part = ''] = node.parts;
  return typeof part === 'string' ? part : null;
}
