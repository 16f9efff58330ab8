/** Proofs over everything that is defined (orchestration 7, 8): refused is only what is shown to hang, with how it does. */
import { applicationsOf, entitiesOf, guardsOf, type Catalog, type Entity } from './catalog.ts';
import type { Report } from './problem.ts';
import { findGuardHangs } from './prove-guards.ts';
import { proveStages } from './prove-stages.ts';
import { stepsOf } from './validate-flow.ts';

interface Change {
  readonly isTouched: (application: string) => boolean;
  readonly isWritten: (entity: Entity) => boolean;
  readonly reporter: (entity: Entity) => Report;
}

export function proveAll(catalog: Catalog, { isTouched, isWritten, reporter }: Change): void {
  for (const { name } of applicationsOf(catalog).filter((each) => isTouched(each.name))) {
    for (const pipeline of entitiesOf(catalog, 'pipeline', name)) proveStages(pipeline, catalog, reporter(pipeline));
  }
  // Without a guard, all there is to hold are locks, which everybody takes in the same order.
  const guards = guardsOf(catalog);
  if (guards.length === 0) return;
  const areGuardsWritten = guards.some(isWritten);
  for (const { started, lines } of findGuardHangs(catalog)) {
    const told = started.find(isWritten) ?? (areGuardsWritten ? started[0] : undefined);
    if (told === undefined) continue;
    const guard = told.kind === 'workflow' ? stepsOf(told.spec).find(({ step }) => 'guard' in step) : undefined;
    reporter(told)(
      guard?.path ?? [],
      `executions that run at the same time can come to wait for each other:\n${lines.map((line) => `    ${line}`).join('\n')}`,
      'Let all workflows take guards in the same order, and before the deployment or all of them in it.',
    );
  }
}
