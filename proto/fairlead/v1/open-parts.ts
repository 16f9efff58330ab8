import type { Hello } from '../../model/task.ts';

type Open = Hello['open'];

/** An agent's open attempts in lists of which each fits into a message, in their order; at least one. */
export function openInParts(open: Open, mostCharacters: number): readonly Open[] {
  const parts: Open[number][][] = [[]];
  let characters = 0;
  for (const each of open) {
    const more = JSON.stringify(each).length + 1;
    if (characters + more > mostCharacters) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)?.push(each);
    characters += more;
  }
  return parts;
}
