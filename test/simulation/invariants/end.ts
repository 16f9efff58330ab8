/** What holds when everything is well again and had time to come to rest. */
import type { AgentProcess } from '../agent-process.ts';
import type { ReplicaProcess } from '../replica-process.ts';
import { same } from '../same.ts';
import type { Watcher } from '../watcher.ts';
import { firstOf, type Finding, type Observed } from './observed.ts';

export interface AtRest extends Observed {
  readonly replicas: readonly ReplicaProcess[];
  readonly agents: readonly AgentProcess[];
  /** Executions that were asked for. */
  readonly asked: readonly string[];
  /** Those that were settled by force. */
  readonly forced: ReadonlySet<string>;
  readonly watchers: readonly Watcher[];
}

export type EndInvariant = (world: AtRest) => Finding;

const everythingSettles: EndInvariant = ({ asked, journals }) =>
  firstOf(asked, (id) => {
    const execution = journals.execution(id);
    return execution?.settled === true ? null : `${id} is ${execution?.status ?? 'not even started'}, and not settled`;
  });

const headsSettle: EndInvariant = ({ data }) =>
  firstOf(data.heads.values(), (head) => (head.settled ? null : `the head of ${head.executionId} is not settled`));

/** What was settled by force gave nothing back: whoever asks next takes it from there. */
const locksAreFree: EndInvariant = ({ data, lock, forced }) =>
  firstOf(data.documents.get('locks')?.keys() ?? [], (key) => {
    const places = [...(lock(key)?.holders ?? []), ...(lock(key)?.queue ?? [])];
    const left = places.filter(({ executionId }) => !forced.has(executionId));
    return left.length === 0 ? null : `${key} is still wanted by ${left.map((each) => each.requestId).join(', ')}`;
  });

const ledgersAreClosed: EndInvariant = ({ agents }) =>
  firstOf(agents, ({ name, agent }) => {
    const open = agent?.ledger.open() ?? [];
    return open.length === 0
      ? null
      : `${name} still has ${open.map((each) => `${each.attemptId} (${each.state})`).join()}`;
  });

const nobodyDrives: EndInvariant = ({ replicas }) =>
  firstOf(replicas, ({ name, replica }) => {
    const driven = [...(replica?.drivers.driven ?? [])].map(([id]) => id);
    return driven.length === 0 ? null : `${name} still drives ${driven.join(', ')}`;
  });

const agentsAreFree: EndInvariant = ({ replicas }) =>
  firstOf(replicas, ({ name, replica }) => {
    const choice = replica?.agents.choose({ type: 'SHELL_SCRIPT', selectors: [], avoid: [] }) ?? { busy: true };
    return 'chosen' in choice ? null : `${name} has no agent to choose: ${JSON.stringify(choice)}`;
  });

const watchersSawTheEnd: EndInvariant = ({ watchers, journals }) =>
  firstOf(watchers, ({ executionId, seq }) => {
    const last = journals.seq(executionId);
    return seq === last ? null : `the watcher of ${executionId} has seen ${seq} of ${last}`;
  });

export const END_INVARIANTS: Readonly<Record<string, EndInvariant>> = {
  'everything-settles': everythingSettles,
  'heads-settle': headsSettle,
  'locks-are-free': locksAreFree,
  'ledgers-are-closed': ledgersAreClosed,
  'nobody-drives-the-settled': nobodyDrives,
  'agents-are-free': agentsAreFree,
  'watchers-saw-the-end': watchersSawTheEnd,
};

/** What a replica holds in memory is what the journal folds to, wherever both are equally far. */
export function replayEqualsLive(replicas: readonly ReplicaProcess[], { journals }: Observed, id: string): Finding {
  return firstOf(replicas, ({ name, replica }) => {
    const at = replica?.drivers.loop(id)?.at;
    if (at === undefined || at.seq !== journals.seq(id)) return null;
    return same(at.execution, journals.execution(id)) ? null : `${name} has another state of ${id} at ${at.seq}`;
  });
}
