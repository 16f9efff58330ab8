import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt } from '../platform.ts';
import { liveGroups, type Swap } from './swap.ts';
import { describe, statesOf } from './telling.ts';

/** Which group is live is what the load balancer says now; nobody remembers it. */
export async function findIdleGroup(attempt: Attempt, groups: Swap['groups']): Promise<AttemptResult> {
  const live = await liveGroups(groups);
  for (const [name, places] of groups) attempt.log.info(`${name}: ${describe(places, await statesOf(places))}`);
  const idle = [...groups.keys()].filter((name) => !live.includes(name));
  const [first] = idle;
  if (first === undefined || live.length > 1) {
    const mend = `shut one of them off at the load balancer (state maint, or \`disabled\` in its configuration for a start)`;
    const problem = failure('CHECK_FAILED', `${live.join(' and ')} get traffic, so neither is idle; ${mend}`, {
      details: { live },
    });
    return { outcome: 'FAILED', failure: problem, touched: false };
  }
  const note =
    live.length === 0 ? `no group is live yet; ${first} is taken` : `${live[0] ?? ''} is live, ${first} idle`;
  return { outcome: 'SUCCESS', outputs: { live: live[0] ?? '', idle: first }, touched: false, notes: [note] };
}
