/** Carries out random moves on an execution that is played, and checks after each what must always hold. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Command } from '../../control-plane/engine/commands.ts';
import type { Event } from '../../control-plane/engine/events.ts';
import type { Attempt, Execution } from '../../control-plane/engine/execution.ts';
import type { Input } from '../../control-plane/engine/inputs.ts';
import { LIMITS } from '../../control-plane/engine/limits.ts';
import { nextDeadline } from '../../control-plane/engine/next-deadline.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import { park } from '../../control-plane/engine/rules/park.ts';
import { waitingSteps } from '../../control-plane/engine/rules/waiting.ts';
import { INTERVENTIONS } from '../../control-plane/engine/waiting.ts';
import { wanted } from '../../control-plane/engine/wanted.ts';
import { failed, failedWith, Play, succeeded } from './play.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';

const why = failure('UNAVAILABLE', 'not now');

export class RandomPlay extends Play {
  constructor(plan: Plan) {
    super(plan);
    this.#check(null, this.events);
  }

  override give(input: Input): readonly Event[] {
    // Play's constructor gives the first one, before there is anything to compare with.
    const before = input.input === 'start' ? null : this.execution;
    const events = super.give(input);
    if (before !== null) this.#check(before, events);
    return events;
  }

  move(kind: string, pick: number): void {
    const open = this.execution.runs.flatMap(openAttempts);
    const attempt = open[pick % Math.max(1, open.length)];
    const { commands, inputs, execution } = this;
    const run = execution.runs[pick % execution.runs.length];
    switch (kind) {
      case 'obey': {
        const command = commands[pick % Math.max(1, commands.length)];
        if (command !== undefined) this.#obey(command);
        return;
      }
      case 'double': {
        const input = inputs[pick % inputs.length];
        if (input !== undefined) this.give(input);
        return;
      }
      case 'due': {
        if (nextDeadline(execution) !== null && !execution.settled) this.wait();
        return;
      }
      case 'later':
        this.pass(pick * 100);
        return;
      case 'backwards':
        this.now -= pick;
        this.give({ input: 'tick' });
        this.now += pick;
        return;
      case 'driver':
        this.give({ input: 'driverChanged', driver: `r${pick}`, epoch: execution.epoch + (pick % 3) - 1 });
        return;
      case 'abort':
        this.give({ input: 'abort', actor: 'me', reason: 'enough' });
        return;
      case 'abortOne':
        if (run !== undefined) this.give({ input: 'abort', actor: 'me', reason: 'enough', runId: run.id });
        return;
      case 'rollback':
        this.give({ input: 'rollback', actor: 'me', reason: '' });
        return;
      case 'rollbackOne':
        if (run !== undefined) this.give({ input: 'rollback', actor: 'me', reason: '', runId: run.id });
        return;
      case 'pause':
        this.give({ input: 'pause', actor: 'me', reason: '' });
        return;
      case 'resume':
        this.give({ input: 'resume', actor: 'me' });
        return;
      case 'intervene':
        this.#intervene(pick);
        return;
      case 'park':
        this.#park(null);
        return;
      default:
        if (attempt !== undefined) this.give(reportOf(kind, attempt, execution, pick));
    }
  }

  /** Everybody answers, time passes: to the end. */
  settle(): void {
    if (this.execution.pause !== null) this.give({ input: 'resume', actor: 'me' });
    if (this.execution.parked !== null) this.give({ input: 'abort', actor: 'me', reason: 'it is broken' });
    for (let round = 0; !this.execution.settled; round += 1) {
      if (round > 500) throw new Error('it does not come to an end');
      const before = this.events.length;
      this.run().report();
      if (this.events.length === before && !this.execution.settled) this.wait();
    }
  }

  #intervene(pick: number): void {
    const waiting = this.execution.runs.flatMap(waitingSteps);
    const step = waiting[pick % Math.max(1, waiting.length)];
    const action = INTERVENTIONS[pick % INTERVENTIONS.length] ?? 'RETRY';
    if (step !== undefined) this.give({ input: 'intervene', stepId: step.id, action, actor: 'me', reason: '' });
  }

  #obey(command: Command): void {
    if (command.command === 'offer') {
      const { attemptId, agentId, assignment } = command;
      this.give({ input: 'starting', attemptId, agentId, assignment });
    } else this.carryOut(command, () => succeeded);
  }

  #park(abort: { readonly actor: string } | null): void {
    const before = this.execution;
    const events = park(before, 'it threw', abort, Math.max(this.now, before.lastAt));
    this.tell(events);
    this.#check(before, events);
  }

  #check(before: Execution | null, events: readonly Event[]): void {
    const after = this.execution;
    checkEvents(before, events);
    if (before !== null) checkStep(before, after);
    checkTree(after);
    const commands = wanted(after);
    must(new Set(commands.map((command) => command.id)).size === commands.length, 'a command is wanted twice');
    const due = nextDeadline(after);
    if (after.settled) must(commands.length === 0 && due === null, 'something is wanted of what is settled');
    // Never stuck: somebody has something to do, time will tell, or a person must.
    else
      must(
        commands.length > 0 || due !== null || after.parked !== null || after.pause !== null,
        'nothing is wanted and nothing is due',
      );
  }
}

/** Checked after every move of every run: far too often for `expect`. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function reportOf(kind: string, attempt: Attempt, execution: Execution, pick: number): Input {
  const { id: attemptId, assignment } = attempt;
  const agentId = kind === 'stranger' ? 'a9' : (attempt.agentId ?? 'a1');
  const runId = execution.runs[pick % execution.runs.length]?.id ?? '';
  switch (kind) {
    case 'succeed':
      return { input: 'finished', attemptId, result: { ...succeeded, outputs: { n: String(pick) } } };
    case 'fail': {
      const results = [failed(), failed(false), failedWith('CONNECTION_LOST')];
      return { input: 'finished', attemptId, result: results[pick % results.length] ?? failed() };
    }
    case 'find':
      return { input: 'agentBack', attemptId, agentId };
    case 'learn':
      return { input: 'outcomeFound', attemptId, by: 'me', result: pick % 2 === 0 ? succeeded : failed() };
    case 'release':
      return { input: 'released', attemptId, assignment, agentId, failure: why, final: false };
    case 'refuse':
      return { input: 'released', attemptId, assignment, agentId, failure: why, final: true };
    case 'nobody':
      return { input: 'noAgent', attemptId, failure: failure('NO_ELIGIBLE_AGENT', `none ${pick % 2}`) };
    case 'note':
      return { input: 'checkpoint', attemptId, name: `n${pick % 3}`, data: {} };
    case 'stale':
      return { input: 'starting', attemptId, assignment: assignment - 1, agentId };
    case 'stranger':
      return { input: 'starting', attemptId, assignment, agentId };
    case 'queue':
      return { input: 'lockAnswered', runId, requestId: runId, answer: { state: 'QUEUED', position: pick % 4 } };
    default:
      return { input: 'agentLost', attemptId, agentId, reason: 'gone' };
  }
}

function checkEvents(before: Execution | null, events: readonly Event[]): void {
  let last = before?.lastAt ?? 0;
  for (const event of events) {
    must(event.at >= last, `${event.event}: time runs backwards`);
    last = event.at;
    must(before?.settled !== true || event.event === 'InputRejected', `${event.event} follows Settled`);
    const small = event.event === 'ExecutionStarted' || JSON.stringify(event).length < 65_536;
    must(small, `${event.event} is over 64 KB`);
  }
}

/** What one decision may not do. */
function checkStep(before: Execution, after: Execution): void {
  const statuses = statusesOf(after);
  for (const [id, status] of statusesOf(before)) {
    must(!isTerminal(status) || statuses.get(id) === status, `${id} was ${status} and is ${statuses.get(id)}`);
  }
  for (const run of after.runs) {
    const was = before.runs.find((each) => each.id === run.id);
    if (was !== undefined && isTerminal(was.status)) checkEnded(openAttempts(was), openAttempts(run));
    // Provisioners run before it is taken, and are taken back without it.
    const locked = openAttempts(run).filter(({ id }) => !id.startsWith(`${run.id}/pre.`));
    must(run.lock?.state !== 'RELEASED' || locked.length === 0, `${run.id} is unlocked while it works`);
    const overdue = run.abort !== null && after.parked === null && after.lastAt >= run.abort.at + LIMITS.abortMs;
    must(!overdue || isTerminal(run.status), `${run.id} is not aborted in time`);
  }
}

/** Nothing begins in a run that has ended. */
function checkEnded(before: readonly Attempt[], after: readonly Attempt[]): void {
  for (const { id, state } of after) {
    const was = before.find((each) => each.id === id)?.state;
    must(was !== undefined && state !== 'PENDING', `${id} is open in a run that had ended`);
    must(was !== 'ASSIGNED' || state === 'ASSIGNED', `${id} has started in a run that had ended`);
  }
}

function statusesOf(execution: Execution): ReadonlyMap<string, Status> {
  const statuses = new Map<string, Status>([[execution.id, execution.status]]);
  for (const run of execution.runs) {
    statuses.set(run.id, run.status);
    for (const phase of run.phases) {
      statuses.set(phase.id, phase.status);
      for (const section of phase.sections) {
        statuses.set(section.id, section.status);
        for (const step of section.steps) statuses.set(step.id, step.status);
      }
    }
  }
  return statuses;
}

interface Node {
  readonly id: string;
  readonly status: Status;
  readonly endedAt: number | null;
}

/** An ended node has only ended children, and says when it ended. */
function checkNode({ id, status, endedAt }: Node, children: readonly Node[]): void {
  must((endedAt !== null) === isTerminal(status), `${id} is ${status} and ended at ${endedAt}`);
  const allEnded = children.every((each) => isTerminal(each.status));
  must(!isTerminal(status) || allEnded, `${id} is ${status}, but not all that is in it has ended`);
  must(new Set(children.map((each) => each.id)).size === children.length, `${id} holds something twice`);
}

function checkTree(execution: Execution): void {
  checkNode(execution, execution.runs);
  for (const run of execution.runs) {
    checkNode(run, run.phases);
    must(run.phases.filter((phase) => !isTerminal(phase.status)).length <= 1, `${run.id} is in two phases`);
    for (const phase of run.phases) {
      checkNode(phase, phase.sections);
      for (const section of phase.sections) {
        checkNode(section, section.steps);
        for (const { id, status, waiting } of section.steps) {
          must((status === 'WAITING') === (waiting !== null), `${id} is ${status} and waits for ${waiting?.on}`);
        }
        for (const { id, attempts } of section.steps.flatMap((step) => step.tasks)) {
          must(attempts.filter((each) => each.state !== 'ENDED').length <= 1, `${id} is done twice at a time`);
        }
      }
    }
  }
}
