import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Actor } from './authorize.ts';

/** What a person says became of an attempt that nobody else can find out about. */
export function decidedBy(actor: Actor, outcome: 'SUCCESS' | 'FAILED', note: string): AttemptResult {
  const said = `${actor.name} said so${note === '' ? '' : `: ${note}`}`;
  const notes = [said];
  if (outcome === 'SUCCESS') return { outcome, touched: true, notes };
  return { outcome, failure: failure('OUTCOME_UNKNOWN', `taken as failed: ${said}`), touched: true, notes };
}
