/** How nodes of the tree come into being. */
import { attemptId, taskId, type AttemptId } from '@fairlead/proto/model/ids.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { EventOf } from './events.ts';
import type { Attempt, Phase, Section, Step } from './execution.ts';
import { parentOf } from './tree.ts';

export const newPhase = (event: EventOf<'PhaseStarted'>): Phase => ({
  id: event.phaseId,
  kind: event.kind,
  planId: event.planId,
  name: event.name,
  iteration: event.iteration,
  undoes: event.undoes,
  status: 'RUNNING',
  startedAt: event.at,
  endedAt: null,
  hosts: event.hosts,
  skipped: null,
  dropped: [],
  sections: [],
});

export const newSection = (event: EventOf<'SectionStarted'>): Section => ({
  id: event.sectionId,
  planId: lastPart(event.sectionId),
  status: 'RUNNING',
  startedAt: event.at,
  endedAt: null,
  notBefore: event.notBefore,
  steps: [],
});

export const newStep = (event: EventOf<'StepStarted'>): Step => ({
  id: event.stepId,
  planId: lastPart(event.stepId),
  status: 'RUNNING',
  startedAt: event.at,
  endedAt: null,
  failure: null,
  failedAt: null,
  skipped: null,
  ignored: false,
  retries: 0,
  waiting: null,
  interventions: [],
  approval: null,
  ...(event.selectors === undefined ? {} : { selectors: event.selectors }),
  tasks: event.targets.map((target) => {
    const id = taskId(event.stepId, target);
    return { id, target, status: 'QUEUED', attempts: [newAttempt(attemptId(id, 1), event.at)] };
  }),
});

/** It could not start, or what it waited for did not come, and it is to be tried once more. */
export const isToStartAgain = ({ status, tasks, waiting, failure }: Step): boolean =>
  !isTerminal(status) && tasks.length === 0 && waiting === null && failure === null;

export const newAttempt = (id: AttemptId, at: number, askedBy: string | null = null): Attempt => ({
  id,
  state: 'PENDING',
  createdAt: at,
  askedBy,
  assignment: 0,
  agentId: null,
  ledgerId: null,
  sessionId: null,
  unassignable: null,
  refusedBy: [],
  startedAt: null,
  deadline: null,
  unknownSince: null,
  cancel: null,
  checkpoints: [],
  result: null,
  endedAt: null,
});

const lastPart = (id: string): string => id.slice(parentOf(id).length + 1);
