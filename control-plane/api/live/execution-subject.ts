import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { sameJson } from '@fairlead/proto/model/json.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { frameRest } from './feed.ts';
import type { Subject } from './topic.ts';

/** Reads on behalf of everyone who passed the gate when they subscribed. */
const READER: Actor = { id: 'live', name: 'live socket', kind: 'SYSTEM', rights: ['read'] };

export function executionSubject(useCases: UseCases, id: ExecutionId): Subject<ExecutionView, NodeView> {
  return {
    name: `execution ${id}`,
    restMs: 50,
    read: () => useCases.getExecution(READER, id),
    watch: (onChange) => useCases.watch({ executionId: id }, onChange),
    items: (view) => view.nodes,
    idOf: (node) => node.id,
    same: sameNode,
    sameRest: (before, after) => before.header === after.header || sameJson(before.header, after.header),
    seqOf: (view) => view.seq,
    mustTell: () => true,
    frame: (view, nodes, snapshot) =>
      frameRest({ feed: 'execution', seq: view.seq, snapshot, header: view.header, nodes }),
  };
}

/** Called for every node at every step: plain fields first, texts are made only of what rarely exists. */
function sameNode(one: NodeView, other: NodeView): boolean {
  return (
    one.status === other.status &&
    one.startedAt === other.startedAt &&
    one.endedAt === other.endedAt &&
    one.note === other.note &&
    one.until === other.until &&
    one.attemptId === other.attemptId &&
    one.agent === other.agent &&
    one.name === other.name &&
    one.order === other.order &&
    one.parent === other.parent &&
    one.rollback === other.rollback &&
    one.target === other.target &&
    one.kind === other.kind &&
    (one.failure === other.failure || sameJson(one.failure, other.failure)) &&
    (one.outputs === other.outputs || sameJson(one.outputs, other.outputs))
  );
}
