import { createHash } from 'node:crypto';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';

/**
 * The name of an attempt's directory on a target: readable as far as a file name allows, and never the same for two
 * attempts (the digest stands for what had to be changed or cut).
 */
export function claimName(attempt: AttemptId): string {
  const digest = createHash('sha256').update(attempt).digest('hex').slice(0, 16);
  const readable = attempt
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .slice(-100)
    .replace(/^[._-]+/, '');
  return `${readable === '' ? 'attempt' : readable}-${digest}`;
}
