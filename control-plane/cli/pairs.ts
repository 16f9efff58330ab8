/** `--var name=value`, as often as it is given. */
export function pairs(flag: string, texts: readonly string[], problems: string[]): Record<string, string> {
  const result = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) problems.push(`${flag} ${text}: is no pair. Write it like name=value.`);
    else result.set(text.slice(0, at), text.slice(at + 1));
  }
  return Object.fromEntries(result);
}
