import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/** One word of a POSIX shell, whatever is in it but a NUL: no shell can hold one. Throws a FailureError for that. */
export function quote(text: string): string {
  if (text.includes('\0')) {
    throw new FailureError(failure('INVALID_INPUT', 'a value with a NUL character in it cannot be given to a shell'));
  }
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A path as people write it, for the shell of its host: `$HOME`, `${HOME}` and a leading `~` mean that host's own home,
 * every name in `known` is replaced (its value may hold `$HOME` again), and all the rest is literal, spaces included.
 */
export function quotePath(path: string, known: Readonly<Record<string, string>> = {}): string {
  const words: string[] = [];
  const add = (text: string, depth: number): void => {
    let rest = depth === 0 ? text.replace(/^~(?=\/|$)/, '$HOME') : text;
    for (;;) {
      const found = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(rest);
      if (found === null) break;
      const name = found[1] ?? found[2] ?? '';
      const before = rest.slice(0, found.index);
      if (before !== '') words.push(quote(before));
      rest = rest.slice(found.index + found[0].length);
      const value = Object.hasOwn(known, name) ? known[name] : undefined;
      if (name === 'HOME') words.push('"$HOME"');
      else if (value === undefined || depth >= 5) words.push(quote(found[0]));
      else add(value, depth + 1);
    }
    if (rest !== '') words.push(quote(rest));
  };
  add(path, 0);
  return words.length === 0 ? "''" : words.join('');
}
