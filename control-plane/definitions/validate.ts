/** Everything that can be said only with all entities at hand; all problems at once, each where it was written. */
import { references } from '@fairlead/proto/expressions/index.ts';
import { ACCOUNT, applicationsOf, entitiesOf, type Catalog, type Entity, addressKey } from './catalog.ts';
import { placeScope } from './check-scope.ts';
import { checkText, checkValue } from './check-text.ts';
import { isConsequence, type Damage, type SourceEntity } from './parse.ts';
import { pathText, sortProblems, type Path, type Problem, type Report } from './problem.ts';
import { proveAll } from './prove.ts';
import { validateEnvironment, validateInfrastructure } from './validate-environment.ts';
import { validatePipeline } from './validate-pipeline.ts';
import { validateService } from './validate-service.ts';
import { validateWorkflow } from './validate-workflow.ts';

/** `sources`: what was just read. Entities that were stored before are checked too: a change elsewhere can break them. */
export function validate(
  catalog: Catalog,
  sources: readonly SourceEntity[],
  damage: Damage = { unreadable: false, parts: [] },
): readonly Problem[] {
  const problems: Problem[] = [];
  const written = new Map(sources.map((source) => [addressKey(source), source]));
  const reporter = (entity: Entity): Report => {
    const source = written.get(addressKey(entity));
    if (source !== undefined && !source.mention) {
      return (path, reason, mend, at) => {
        const { map } = source.source;
        const full = [...source.source.path, ...(source.source.placeOf?.(path) ?? path)];
        const located = map.locate(full, at);
        if (isConsequence(damage, { map, path: located.path, reason })) return;
        problems.push({ ...located.position, path: pathText(located.path), reason, mend });
      };
    }
    return (path, reason, mend) => {
      if (damage.unreadable || damage.parts.length > 0) return;
      const of = sources.find((each) => each.application === entity.application) ?? sources[0];
      const position = of?.source.map.find(
        of.application === ACCOUNT ? of.source.path.slice(0, 1) : ['application'],
      ) ?? {
        file: '',
        line: 1,
        column: 1,
      };
      problems.push({
        ...position,
        path: pathText([...storedPath(entity), ...path]),
        reason: `with this change, ${reason}`,
        mend,
      });
    };
  };
  for (const entity of entitiesOf(catalog, 'default', ACCOUNT)) validateDefault(entity, reporter(entity));
  const touched = new Set(sources.map((source) => source.application));
  // What belongs to the account may be used by every application.
  const isTouched = (name: string): boolean => touched.has(name) || touched.has(ACCOUNT);
  for (const { name } of applicationsOf(catalog).filter((each) => isTouched(each.name))) {
    validateApplication(catalog, name, reporter);
  }
  // Of definitions that are wrong anyway nothing can be proven.
  if (problems.length === 0) proveAll(catalog, { isTouched, isWritten: (each) => isWritten(written, each), reporter });
  return sortProblems(problems);
}

const isWritten = (written: ReadonlyMap<string, SourceEntity>, entity: Entity): boolean =>
  written.get(addressKey(entity))?.mention === false;

/** It belongs to no application, so there is nothing that an expression in it could mean everywhere. */
function validateDefault({ name, spec: { value } }: Entity<'default'>, report: Report): void {
  if (!checkValue(name, value, [], report) || references(value).length === 0) return;
  report([], 'a default of the account is plain text, and is not evaluated', 'Write the value itself, without ${…}.');
}

function validateApplication(catalog: Catalog, application: string, reporter: (entity: Entity) => Report): void {
  const anywhere = { catalog, application, environment: null, infrastructure: null, workflow: undefined };
  const general = placeScope({ ...anywhere, service: null });
  for (const entity of applicationsOf(catalog)) {
    if (entity.name !== application) continue;
    const report = reporter(entity);
    for (const [name, value] of Object.entries(entity.spec.defaults ?? {})) {
      const path = ['defaults', name];
      if (checkValue(name, value, path, report)) checkText(value, path, general, report);
    }
  }
  for (const service of entitiesOf(catalog, 'service', application)) {
    validateService(service, placeScope({ ...anywhere, service: service.name }), reporter(service));
  }
  for (const environment of entitiesOf(catalog, 'environment', application)) {
    validateEnvironment(environment, catalog, general, reporter(environment));
  }
  for (const infrastructure of entitiesOf(catalog, 'infrastructure', application)) {
    validateInfrastructure(infrastructure, catalog, general, reporter(infrastructure));
  }
  for (const workflow of entitiesOf(catalog, 'workflow', application)) {
    validateWorkflow(workflow, catalog, reporter(workflow));
  }
  for (const pipeline of entitiesOf(catalog, 'pipeline', application)) {
    validatePipeline(pipeline, catalog, reporter(pipeline));
  }
}

function storedPath(entity: Entity): Path {
  const { kind, environment, name } = entity;
  if (kind === 'application') return ['application'];
  if (kind === 'infrastructure') return ['environments', environment, 'infrastructure', name];
  return [`${kind}s`, name];
}
