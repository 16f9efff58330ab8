import { SECRET, SECRET_PREFIX } from './fields.ts';

/** `env:NAME` of `secret:env:NAME`; null when the text names no secret as a whole. */
export const secretName = (value: string): string | null =>
  SECRET.test(value) ? value.slice(SECRET_PREFIX.length) : null;

/** The same as an expression, which may stand wherever an expression may. */
export function secretAsTemplate(value: string): string {
  const name = secretName(value);
  return name === null ? value : `\${secrets.getValue("${name}")}`;
}

/** Names that promise a value nobody may read: it must not stand in a file in the clear. */
export const soundsSecret = (name: string): boolean =>
  /(password|passwd|passphrase|private_?key|secret_?key|api_?key|access_?token)$/i.test(name);
