/** What can be said of barriers, guards and rollback steps within one workflow (orchestration 7.1, 8.2, 10.1). */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { stepTypeByKey } from '@fairlead/proto/steps/index.ts';
import { guardsOf, namesOf, type Catalog } from './catalog.ts';
import type { LongWorkflow } from './long-form.ts';
import { whatExists } from './nearest.ts';
import { asJson, isJsonList, isJsonObject } from './json-values.ts';
import { readStep } from './normalize-steps.ts';
import type { Path, Report } from './problem.ts';

interface PlacedStep {
  readonly step: JsonObject;
  readonly path: Path;
}

/** Every written step, wherever the workflow has sections. */
export function stepsOf(spec: LongWorkflow): readonly PlacedStep[] {
  const found: PlacedStep[] = [];
  const walk = (value: Json, path: Path): void => {
    if (!isJsonObject(value)) {
      if (isJsonList(value)) value.forEach((each, index) => walk(each, [...path, index]));
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      const at = [...path, key];
      if ((key === 'steps' || key === 'verify') && isJsonList(each)) {
        each.forEach((step, index) => {
          if (isJsonObject(step)) found.push({ step, path: [...at, index] });
        });
      } else walk(each, at);
    }
  };
  walk(asJson(spec), []);
  return found;
}

export const isRollback = (path: Path): boolean => path.includes('rollback');

export function validateBarriers(spec: LongWorkflow, report: Report): void {
  const seen = new Set<string>();
  for (const { step, path } of stepsOf(spec)) {
    const read = readStep(step);
    if (read?.entry.key !== 'barrier') continue;
    const at = [...path, 'barrier'];
    if (isRollback(path)) {
      report(
        at,
        'nobody can be waited for in a rollback',
        'Remove the barrier: a rollback goes back on its own.',
        'key',
      );
      continue;
    }
    const identifier = String(read.parameters['identifier'] ?? '');
    if (seen.has(identifier)) {
      report(at, `the workflow has the barrier '${identifier}' twice`, 'Give one of them a name of its own.');
    }
    seen.add(identifier);
  }
}

/** What takes back all phases at once (10.1). */
export function validateAllPhases(spec: LongWorkflow, report: Report): void {
  for (const { step, path } of stepsOf(spec)) {
    const read = readStep(step);
    if (read?.common['allPhases'] !== true) continue;
    const at = [...path, 'allPhases'];
    const { key } = read.entry;
    if (!isRollback(path)) {
      report(
        at,
        'only a rollback takes phases back',
        'Remove allPhases, or move the step to a rollback section.',
        'key',
      );
    } else if (stepTypeByKey(key)?.runs === 'decided') {
      report(at, `the step ${key} takes nothing back`, 'Write allPhases at the steps that do.', 'key');
    }
  }
}

export function validateGuards(spec: LongWorkflow, catalog: Catalog, report: Report): void {
  const guards = guardsOf(catalog);
  for (const { step, path } of stepsOf(spec)) {
    const read = readStep(step);
    if (read?.entry.key !== 'guard') continue;
    const { constraint, permits } = read.parameters;
    const guard = guards.find((each) => each.name === constraint);
    if (guard === undefined) {
      const names = namesOf(guards);
      const mend =
        names.length === 0
          ? `Apply a file with guards: { ${String(constraint)}: 1 }.`
          : whatExists(String(constraint), names, 'guard');
      report([...path, 'guard', 'constraint'], `there is no guard '${String(constraint)}'`, mend);
    } else if (typeof permits === 'number' && permits > guard.spec.capacity) {
      report(
        [...path, 'guard', 'permits'],
        `${permits} permits of the guard '${guard.name}', which has ${guard.spec.capacity}: it would wait for ever`,
        `Write at most ${guard.spec.capacity}, or raise the capacity of the guard.`,
      );
    }
  }
}
