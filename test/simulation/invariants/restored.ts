/**
 * What is on a host, for each run that deploys to it: a section that can be undone captures what it finds there, puts its
 * own in its place, and whoever undoes the section puts back what was captured. After a rollback all is as it was.
 */
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { Run } from '../../../control-plane/engine/execution.ts';
import { planOfStep, type PlannedStep } from '../../../control-plane/engine/plan-of.ts';
import { findRun } from '../../../control-plane/engine/tree.ts';
import type { Change } from '../journals.ts';
import type { Effect } from '../target-world.ts';
import { firstOf, isSaidByPerson, type Finding, type Observed } from './observed.ts';

/** The section whose version it is; null: what was there before all of it. */
type Version = string | null;

export class Restored {
  /** `<run> <host>` → what is there. */
  readonly #there = new Map<string, Version>();
  /** `<section> <host>` → what it found there. */
  readonly #captured = new Map<string, Version>();

  begun({ work, host }: Effect, observed: Observed): void {
    const of = placeOf(work, observed);
    if (of === null || of.phase.kind !== 'FORWARD') return;
    const { run, phase, phasePlan, section } = of;
    if (phasePlan?.rollback.some(({ undoes }) => undoes === section.id) !== true) return;
    const its = `${phase.id}/${section.id}`;
    const at = `${run.id} ${host}`;
    if (!this.#captured.has(`${its} ${host}`)) this.#captured.set(`${its} ${host}`, this.#there.get(at) ?? null);
    this.#there.set(at, its);
  }

  succeeded({ work, host }: Effect, observed: Observed): void {
    const of = placeOf(work, observed);
    if (of === null || of.phase.kind !== 'ROLLBACK') return;
    const before = this.#captured.get(`${of.phase.undoes}/${of.section.undoes} ${host}`);
    if (before !== undefined) this.#there.set(`${of.run.id} ${host}`, before);
  }

  appended({ moves }: Change): Finding {
    return firstOf(moves, ({ event, after }) => {
      if (event.event !== 'RollbackEnded' || event.result !== 'SUCCESS') return null;
      const run = findRun(after, event.runId);
      if (run === undefined || run.abort !== null || run.rollback?.scope !== 'WORKFLOW') return null;
      return firstOf(this.#there, ([at, version]) => {
        if (version === null || !at.startsWith(`${run.id} `)) return null;
        const host = at.slice(run.id.length + 1);
        return isAnsweredFor(run, host) ? null : `${run.id} is rolled back, and ${host} still has ${version}`;
      });
    });
  }
}

function placeOf(work: string, { journals }: Observed): PlannedStep['of'] | null {
  const execution = journals.execution(executionOf(work));
  return execution === null || work.includes('@-') ? null : planOfStep(execution, work).of;
}

/** Somebody said what became of work there, or ignored that undoing it failed. */
const isAnsweredFor = ({ phases }: Run, host: string): boolean =>
  phases.some(({ kind, sections }) =>
    sections
      .flatMap(({ steps }) => steps.flatMap(({ tasks }) => tasks))
      .filter(({ target }) => target === host)
      .some(({ attempts }) => {
        const last = attempts.at(-1)?.result;
        const failed = kind === 'ROLLBACK' && last?.outcome !== 'SUCCESS';
        return failed || attempts.some(({ result }) => result !== null && isSaidByPerson(result));
      }),
  );
