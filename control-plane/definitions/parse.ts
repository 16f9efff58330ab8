/** Files → entities in their long form, each knowing where it stands; or every problem found. */
import type { Json } from '@fairlead/proto/model/json.ts';
import { addressKey, type EntityAddress, type EntityKind, type Specs } from './catalog.ts';
import { asJson, compact, isJsonObject } from './json-values.ts';
import { longEnvironment, longInfrastructure, longService, longWorkflow } from './normalize.ts';
import { longValues } from './normalize-values.ts';
import { pathText, sortProblems, type Path, type Problem, type Report, type SourceFile } from './problem.ts';
import { readYaml, SOURCE_LIMITS, type ReadDocument } from './read-yaml.ts';
import { document as documentSchema, type AuthoredDocument } from './schema.ts';
import type { SourceMap } from './source-map.ts';
import { checkSchema } from './zod-problems.ts';

export interface SourceEntity<K extends EntityKind = EntityKind> extends EntityAddress<K> {
  readonly spec: Specs[K];
  /** Where its own fields stand. */
  readonly source: { readonly map: SourceMap; readonly path: Path };
  /** An application that is only named, not described: what is stored of it stays. */
  readonly mention: boolean;
}

export interface Parsed {
  readonly entities: readonly SourceEntity[];
  readonly problems: readonly Problem[];
}

/** Several files, and several documents in one, mean the same as all of it in one. Never throws. */
export function parseFiles(files: readonly SourceFile[]): Parsed {
  const tooMuch = checkSize(files);
  if (tooMuch !== null) return { entities: [], problems: [tooMuch] };
  const problems: Problem[] = [];
  const documents: ReadDocument[] = [];
  for (const file of files) {
    const reading = readYaml(file);
    problems.push(...reading.problems);
    documents.push(...reading.documents);
  }
  const entities = documents.flatMap((each) => readDocument(each, reporter(each, problems)));
  const unique = refuseTwice(entities, problems);
  if (documents.length === 0 && problems.length === 0) {
    const file = files[0]?.name ?? '';
    problems.push({
      file,
      line: 1,
      column: 1,
      path: '',
      reason: 'there is no definition in it',
      mend: "Start with 'fairlead: v1'.",
    });
  }
  return { entities: unique, problems: sortProblems(problems) };
}

function checkSize(files: readonly SourceFile[]): Problem | null {
  const characters = files.reduce((sum, file) => sum + file.text.length, 0);
  const { totalCharacters, files: maxFiles } = SOURCE_LIMITS;
  if (characters <= totalCharacters && files.length <= maxFiles) return null;
  return {
    file: files[0]?.name ?? '',
    line: 1,
    column: 1,
    path: '',
    reason: `at most ${maxFiles} files with ${totalCharacters} characters together can be applied at once`,
    mend: 'Apply less at once.',
  };
}

const reporter =
  (document: ReadDocument, problems: Problem[]): Report =>
  (path, reason, mend, at) => {
    problems.push({ ...document.map.find(path, at), path: pathText(path), reason, mend });
  };

function readDocument(read: ReadDocument, report: Report): readonly SourceEntity[] {
  const authored = checkDocument(read.data, report);
  if (authored === null) return [];
  const { map } = read;
  const described = typeof authored.application !== 'string';
  const application = typeof authored.application === 'string' ? authored.application : authored.application.name;
  const entities: SourceEntity[] = [];
  const add = <K extends EntityKind>(kind: K, name: string, spec: Specs[K], path: Path, environment = ''): void => {
    const mention = kind === 'application' && !described;
    entities.push({ kind, application, environment, name, spec, source: { map, path }, mention });
  };
  add('application', application, longApplication(authored.application), ['application']);
  for (const [name, service] of Object.entries(authored.services ?? {})) {
    const path = ['services', name];
    add('service', name, longService(service, path, report), path);
  }
  for (const [name, environment] of Object.entries(authored.environments ?? {})) {
    const path = ['environments', name];
    add('environment', name, longEnvironment(environment), path);
    for (const [infrastructure, spec] of Object.entries(environment.infrastructure ?? {})) {
      add(
        'infrastructure',
        infrastructure,
        longInfrastructure(spec),
        [...path, 'infrastructure', infrastructure],
        name,
      );
    }
  }
  for (const [name, workflow] of Object.entries(authored.workflows ?? {})) {
    const path = ['workflows', name];
    add('workflow', name, longWorkflow(workflow, path, report), path);
  }
  return entities;
}

function checkDocument(data: Json, report: Report): AuthoredDocument | null {
  if (!isJsonObject(data)) {
    report([], 'a definition is a map', "Start with 'fairlead: v1'.");
    return null;
  }
  // zod's type cannot say that its output is what the schema describes once unions are made of tables.
  return checkSchema(documentSchema, data, report);
}

const longApplication = (application: AuthoredDocument['application']): Specs['application'] =>
  typeof application === 'string'
    ? {}
    : compact({
        description: application.description,
        defaults: application.defaults && longValues(application.defaults),
      });

/** Each entity once, whatever the file; an application may be named in every file and described in one. */
function refuseTwice(entities: readonly SourceEntity[], problems: Problem[]): readonly SourceEntity[] {
  const seen = new Map<string, SourceEntity>();
  for (const entity of entities) {
    const key = addressKey(entity);
    const before = seen.get(key);
    if (before === undefined || (before.mention && !entity.mention)) seen.set(key, entity);
    else if (!entity.mention) {
      const first = before.source.map.find(before.source.path, 'key');
      const position = entity.source.map.find(entity.source.path, 'key');
      problems.push({
        ...position,
        path: pathText(entity.source.path),
        reason: `the ${entity.kind} '${entity.name}' is defined twice: also in ${first.file}, line ${first.line}`,
        mend: 'Keep one of the two.',
      });
    }
  }
  return [...seen.values()];
}

/** The entity as plain data: for comparing and storing. */
export const specJson = (entity: { readonly spec: Specs[EntityKind] }): Json => asJson(entity.spec);
