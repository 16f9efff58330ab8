/** A file as it was given, with the name people know it by. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** A problem in a definition, located. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** `workflows.ship-web.phases[0].hosts` */
  readonly path: string;
  readonly reason: string;
  readonly mend: string;
}

export type Path = readonly (string | number)[];

/** Reports a problem with the value at a path; `key` points to the name before the colon instead. */
export type Report = (path: Path, reason: string, mend: string, at?: 'key' | 'value') => void;

export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** As people write it: `workflows.ship-web.phases[0].hosts`. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

const MAX_LISTED = 20;

/** `'a', 'b' and 'c'`, for saying what exists instead. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, MAX_LISTED).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** In the order in which a reader meets them. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return problems.toSorted(
    (a, b) => byName(a.file, b.file) || a.line - b.line || a.column - b.column || byName(a.path, b.path),
  );
}
