/** What a workflow waits for, in the order in which it comes to it: barriers, guards, and the lock of its infrastructure. */
import { evaluateCondition, references, scope } from '@fairlead/proto/expressions/index.ts';
import { findEntity, guardsOf, type Catalog, type Entity } from './catalog.ts';
import { choose } from './plan-request.ts';
import { completePhase, completeService } from './complete.ts';
import { completeSection, completeSteps } from './default-sections.ts';
import type { LongSection } from './long-form.ts';
import { readStep } from './normalize-steps.ts';
import { phasesOf } from './phases.ts';
import { mappingsOf } from './plan.ts';
import type { Moment, Thread, Wait } from './prove-search.ts';
import { buildSections } from './sections/build.ts';

/**
 * Steps with a condition may be skipped, and a barrier that is skipped waits for nobody (orchestration 7.2): `conditional`
 * says whether they are taken for steps that run or for steps that are skipped.
 */
export interface Assumption {
  readonly conditional: boolean;
}

export interface RunToProve {
  readonly name: string;
  readonly workflow: Entity<'workflow'>;
  readonly variables: Readonly<Record<string, string>>;
  /** With whose end permits of the scope `pipeline` are given back; null: with nothing that is looked at. */
  readonly execution: string | null;
}

/** What a condition without references comes to; null: it depends. */
export function constant(condition: string): boolean | null {
  if (references(condition, 'condition').length > 0) return null;
  const value = evaluateCondition(condition, scope([]));
  return value.ok ? value.value : null;
}

export function threadOf(run: RunToProve, catalog: Catalog, assumption: Assumption): Thread {
  const { spec, application } = run.workflow;
  const context = { commands: {}, hasArtifact: false };
  const around = (section: LongSection | undefined): readonly LongSection[] =>
    section === undefined ? [] : [completeSection(section, completeSteps(section.steps ?? [], context))];
  const own = run.name;
  const outer = run.execution === null ? [own] : [run.execution, own];
  const moments = (sections: readonly LongSection[], phase: string): readonly Moment[] =>
    sections.flatMap((section) =>
      groupsOf(section, assumption).map((steps) => ({
        within: [...outer, phase],
        waits: steps.flatMap((step) => waitFor(step, catalog, { run, phase })),
      })),
    );
  const phases =
    spec.type === 'build'
      ? [{ id: `${own}/build`, sections: Object.values(buildSections(spec)) }]
      : phasesOf(spec).map((phase) => {
          const service = findEntity(catalog, 'service', application, phase.service ?? '');
          const { sections } = completePhase(phase, service === undefined ? null : completeService(service.spec));
          return { id: `${own}/${phase.index}`, sections: Object.values(sections) };
        });
  return {
    name: own,
    moments: [
      ...moments(around(spec.before), `${own}/before`),
      ...lockOf(run, catalog).map((wait) => ({ within: outer, waits: [wait] })),
      ...phases.flatMap(({ id, sections }) => moments(sections, id)),
      ...moments(around(spec.after), `${own}/after`),
    ].filter((moment) => moment.waits.length > 0),
  };
}

type Read = NonNullable<ReturnType<typeof readStep>>;

/** Steps that start together; without those that are skipped. */
function groupsOf(section: LongSection, { conditional }: Assumption): readonly (readonly Read[])[] {
  const groups: Read[][] = [];
  for (const step of section.steps ?? []) {
    const read = readStep(step);
    if (read === null) continue;
    const group = groups.at(-1);
    const joins = section.parallel === true || read.common['withPrevious'] === true;
    const target = joins && group !== undefined ? group : [];
    if (target !== group) groups.push(target);
    const conditions = conditionsOf(read, section).map(constant);
    const runs = conditions.every((each) => each === false) || (conditional && !conditions.includes(true));
    if (runs) target.push(read);
  }
  return groups;
}

function conditionsOf({ common }: Read, { skip }: LongSection): readonly string[] {
  const own = typeof common['skip'] === 'string' ? [common['skip']] : [];
  if (skip === undefined) return own;
  if (typeof skip === 'string') return [...own, skip];
  return [...own, ...skip.filter(({ steps }) => steps.includes(String(common['name']))).map(({ when }) => when)];
}

/** Nothing is claimed of a guard of which unit or permits are known only when it is asked for. */
function waitFor(read: Read, catalog: Catalog, { run, phase }: { run: RunToProve; phase: string }): readonly Wait[] {
  const { parameters } = read;
  if (read.entry.key === 'barrier') return [{ on: 'BARRIER', name: String(parameters['identifier']) }];
  if (read.entry.key !== 'guard') return [];
  const { constraint, permits = 1, unit = '', scope: held = 'workflow' } = parameters;
  const guard = guardsOf(catalog).find((each) => each.name === constraint);
  if (guard === undefined || typeof permits !== 'number' || typeof unit !== 'string' || unit.includes('${')) return [];
  const until = held === 'phase' ? phase : held === 'workflow' ? run.name : run.execution;
  const name = unit === '' ? `'${guard.name}'` : `'${guard.name}' (${unit})`;
  const { capacity } = guard.spec;
  return [{ on: 'SHARE', key: `guard:${guard.name}/${unit}`, name, permits, capacity, until }];
}

/** None where it is not known what the workflow is deployed to. */
function lockOf({ name: until, workflow, variables }: RunToProve, catalog: Catalog): readonly Wait[] {
  const { spec, application, name } = workflow;
  if (spec.type === 'build' || spec.concurrency?.lock === 'none') return [];
  const choice = choose(catalog, { application, name, variables });
  if (!choice.ok) return [];
  const { phases } = choice.chosen;
  return mappingsOf(phases)
    .toSorted()
    .map((key) => {
      const phase = phases.find((each) => mappingsOf([each]).includes(key));
      const place = phase === undefined ? key : `${phase.service.name} on ${phase.infrastructure.name}`;
      return { on: 'SHARE', key, name: `the lock of ${place}`, permits: 1, capacity: 1, until };
    });
}

/** Barriers of other executions are others. */
export const withoutBarriers = (thread: Thread): Thread => ({
  ...thread,
  moments: thread.moments.flatMap(({ within, waits }) => {
    const others = waits.filter((wait) => wait.on !== 'BARRIER');
    return others.length === 0 ? [] : [{ within, waits: others }];
  }),
});
