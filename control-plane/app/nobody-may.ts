import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { AgentPresence } from './agent-directory.ts';

export interface Requirements {
  readonly type: string;
  readonly selectors: readonly string[];
  readonly avoid: readonly AgentId[];
  /** Refused it a moment ago, and why: not asked again yet. */
  readonly pausing?: ReadonlyMap<AgentId, Failure>;
}

/** Agents of which is told why they may not. */
const TOLD = 10;

/** Why of each, for the first few: it goes into a journal and before people. */
export function nobodyMay(
  { type, selectors }: Requirements,
  agents: readonly AgentPresence[],
  reasonAgainst: (agent: AgentPresence) => string | null,
): Failure {
  const needed = selectors.length === 0 ? type : `${type} with ${selectors.join(', ')}`;
  const reasons = agents.slice(0, TOLD).map((each) => `${each.name}: ${reasonAgainst(each) ?? 'nothing'}`);
  if (agents.length > TOLD) reasons.push(`and ${agents.length - TOLD} more`);
  const known = reasons.length === 0 ? 'no agent is known' : reasons.join('; ');
  return failure('NO_ELIGIBLE_AGENT', `no agent may do ${needed}: ${known}`, { details: { reasons } });
}
