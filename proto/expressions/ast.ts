import type { Problem } from './problem.ts';

export type BinaryOperator =
  | '||'
  | '&&' // prettier-ignore
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '=~'
  | '!~'
  | '=^'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type UnaryOperator = '!' | '-' | 'empty' | 'size';

/** One expression. `at` is the offset, in the whole text, of what a message about the node should point to. */
export type Node =
  | { readonly kind: 'literal'; readonly at: number; readonly value: null | boolean | number }
  /** A quoted text, which may hold expressions again. */
  | { readonly kind: 'text'; readonly at: number; readonly parts: readonly Part[] }
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'member'; readonly at: number; readonly object: Node; readonly name: string }
  | { readonly kind: 'index'; readonly at: number; readonly object: Node; readonly key: Node }
  /** `artifact${".metadata.image"}`: the text, when known, is read as members and as nothing else. */
  | { readonly kind: 'splice'; readonly at: number; readonly object: Node; readonly text: Node }
  /** A method, or a function where there is no object. */
  | {
      readonly kind: 'call';
      readonly at: number;
      readonly object: Node | null;
      readonly name: string;
      readonly args: readonly Node[];
    }
  | { readonly kind: 'unary'; readonly at: number; readonly operator: UnaryOperator; readonly operand: Node }
  | {
      readonly kind: 'binary';
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
    };

export interface ExpressionPart {
  readonly kind: 'expression';
  readonly at: number;
  readonly node: Node;
  /** As written, `${` and `}` included. */
  readonly source: string;
  /** What stands between the braces, read as text: used when the whole is left as it stands (`${X:-${env.name}}`). */
  readonly inner: readonly Part[];
}

/** A `${` that begins nothing readable. It stands for these two characters; what follows is read on as text. */
export interface BrokenPart {
  readonly kind: 'broken';
  readonly at: number;
  readonly problem: Problem;
  /** The name after `${` when a `.` or `(` follows it: then it was meant for us if that name is known. */
  readonly root: string | null;
}

export type Part = string | ExpressionPart | BrokenPart;

/** The name or function an expression starts with, and whether anything is done to that name. */
export function leadingName(node: Node): { readonly name: string; readonly bare: boolean } | null {
  let bare = true;
  for (let current = node; ;) {
    switch (current.kind) {
      case 'name':
        return { name: current.name, bare };
      case 'member':
      case 'index':
      case 'splice':
        bare = false;
        current = current.object;
        break;
      case 'call':
        if (current.object === null) return { name: current.name, bare: false };
        bare = false;
        current = current.object;
        break;
      case 'binary':
        current = current.left;
        break;
      case 'unary':
        current = current.operand;
        break;
      default:
        return null;
    }
  }
}
