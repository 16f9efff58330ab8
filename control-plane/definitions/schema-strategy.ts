/** Failure strategies as they are written: what failed, what is done, how often again, how many hosts may be lost. */
import { z } from 'zod';
import { duration, name, nonEmpty } from './fields.ts';

export const FAILURE_WORDS = [
  'any',
  'application',
  'connectivity',
  'authentication',
  'verification',
  'timeout',
  'agent',
  'unknown',
] as const;
const failureWord = z.enum(FAILURE_WORDS);

export const ACTION_WORDS = [
  'retry',
  'ignore',
  'mark-success',
  'manual',
  'rollback',
  'rollback-phase',
  'rollback-provisioners-last',
  'end',
  'abort',
] as const;

/** What may follow when nobody decides in time. */
export const AFTER_WORDS = [
  'ignore',
  'mark-success',
  'end',
  'abort',
  'rollback',
  'rollback-provisioners-last',
] as const;

const TOLERANCE = 'neither a count of hosts nor a percentage below 100% | Write 2 or 5%.';

export const strategy = z
  .strictObject({
    on: z
      .union([failureWord, nonEmpty(failureWord)])
      .optional()
      .describe('Kinds of failure; any when left out.'),
    do: z
      .enum(ACTION_WORDS)
      .optional()
      .describe('What is done; end: end as failed and roll back what was deployed; manual: a person decides.'),
    retry: z
      .number()
      .int()
      .min(1, 'at least one retry | Write 1 to 100.')
      .max(100, 'at most 100 retries | Write 1 to 100.')
      .optional()
      .describe('How often the failed targets run again; then the next entry that fits has its say.'),
    every: z
      .union([duration, nonEmpty(duration)])
      .optional()
      .describe('Waited before each retry; the last repeats.'),
    tolerate: z
      .union([
        z.number().int(TOLERANCE).min(1, TOLERANCE),
        z.string().regex(/^\s*(0*[1-9]\d?(\.\d+)?|0+\.\d*[1-9]\d*)\s*%\s*$/, TOLERANCE),
      ])
      .optional()
      .describe('So many hosts of the phase (2 or 5%) may fail: they are dropped from it, and the step passes.'),
    timeout: duration.optional().describe('manual: how long a person is waited for; 2 weeks when left out.'),
    then: z
      .enum(AFTER_WORDS)
      .optional()
      .describe('manual: what is done when nobody decides in time; end when left out.'),
    scope: z
      .enum(['workflow', 'phase'])
      .optional()
      .describe('phase: only failures inside a phase, not those before or after the deployment.'),
    steps: nonEmpty(name).optional().describe('Only these steps of the section; sections only.'),
  })
  .meta({ id: 'strategy' });
export type AuthoredStrategy = z.infer<typeof strategy>;
