/** Files → entities in their long form, each knowing where it stands; or every problem found. */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { ACCOUNT, addressKey, type EntityAddress, type EntityKind, type Specs } from './catalog.ts';
import { asJson, compact, isJsonObject } from './json-values.ts';
import type { LongGuard } from './long-form.ts';
import { longEnvironment, longInfrastructure, longService, longWorkflow } from './normalize.ts';
import { longPipeline, placesIn } from './normalize-pipeline.ts';
import { longProvisioner } from './provisioner.ts';
import { longValues } from './normalize-values.ts';
import { pathText, sortProblems, type Path, type Problem, type Report, type SourceFile } from './problem.ts';
import { readYaml, SOURCE_LIMITS, type ReadDocument } from './read-yaml.ts';
import { salvage } from './salvage.ts';
import { document as documentSchema, type AuthoredDocument } from './schema.ts';
import type { SourceMap } from './source-map.ts';
import { checkSchema } from './zod-problems.ts';

export interface SourceEntity<K extends EntityKind = EntityKind> extends EntityAddress<K> {
  readonly spec: Specs[K];
  /** Where its own fields stand. */
  readonly source: {
    readonly map: SourceMap;
    readonly path: Path;
    /** Where the long form has another structure: the place in what was written. */
    readonly placeOf?: (path: Path) => Path;
  };
  /** An application that is only named, not described: what is stored of it stays. */
  readonly mention: boolean;
}

export interface Parsed {
  /** Where there are problems, what is left of them: only good for finding more problems. */
  readonly entities: readonly SourceEntity[];
  readonly problems: readonly Problem[];
  readonly damage: Damage;
}

/** What further checks must not complain about, since the cause has been told. */
export interface Damage {
  /** A whole document is missing: anything may have been in it. */
  readonly unreadable: boolean;
  readonly parts: readonly { readonly map: SourceMap; readonly path: Path }[];
}

/** Several files, and several documents in one, mean the same as all of it in one. Never throws. */
export function parseFiles(files: readonly SourceFile[]): Parsed {
  const tooMuch = checkSize(files);
  if (tooMuch !== null) return { entities: [], problems: [tooMuch], damage: { unreadable: true, parts: [] } };
  const problems: Problem[] = [];
  const documents: ReadDocument[] = [];
  for (const file of files) {
    const reading = readYaml(file);
    problems.push(...reading.problems);
    documents.push(...reading.documents);
  }
  let unreadable = problems.length > 0;
  const parts: Damage['parts'][number][] = [];
  const entities = documents.flatMap((document) => {
    const report = reporter(document, problems);
    const authored = checkDocument(document.data, report);
    if (authored !== null) return readDocument(document.map, authored, report);
    const salvaged = salvage(document.data, checkDocument);
    if (salvaged === null) {
      unreadable = true;
      return [];
    }
    parts.push(...salvaged.damaged.map((path) => ({ map: document.map, path })));
    return readDocument(document.map, salvaged.value, outside(salvaged.damaged, report));
  });
  const unique = refuseTwice(entities, problems);
  if (documents.length === 0 && problems.length === 0) {
    const file = files[0]?.name ?? '';
    const mend = "Start with 'fairlead: v1'.";
    problems.push({ file, line: 1, column: 1, path: '', reason: 'there is no definition in it', mend });
  }
  return { entities: unique, problems: sortProblems(problems), damage: { unreadable, parts } };
}

const isWithin = (path: Path, ancestor: Path): boolean => ancestor.every((part, index) => path[index] === part);

/** Without problems that a damaged part, or what was made up in its place, causes itself. */
const outside =
  (damaged: readonly Path[], report: Report): Report =>
  (path, reason, mend, at) => {
    if (!damaged.some((part) => isWithin(path, part) || isWithin(part, path))) report(path, reason, mend, at);
  };

/** The same for checks over all entities: what may follow from the damage instead of being wrong itself. */
export function isConsequence(
  damage: Damage,
  of: { readonly map: SourceMap; readonly path: Path; readonly reason: string },
): boolean {
  if (damage.unreadable && of.reason.startsWith('there is no ')) return true;
  return damage.parts.some(({ map, path }) => {
    if (map === of.map && (isWithin(of.path, path) || isWithin(path, of.path))) return true;
    const [kind, name, field] = path;
    const whole = path.length === 2 || (kind === 'environments' && path.length === 4);
    if (whole && of.reason.includes(`'${String(path.at(-1))}'`)) return true;
    // Which commands and variables a damaged service has is not sure, nor what a workflow of unknown type may have.
    if (kind === 'services' && of.reason.includes('no command')) return true;
    if (field === 'variables' && of.reason.includes('serviceVariable')) return true;
    const [, workflow, setting = ''] = of.path;
    const typed = kind === 'workflows' && field === 'type' && map === of.map && workflow === name;
    return typed && !['service', 'environment', 'infrastructure', 'inputs'].includes(String(setting));
  });
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

function readDocument(map: SourceMap, authored: AuthoredDocument, report: Report): readonly SourceEntity[] {
  const about = authored.application ?? ACCOUNT;
  const described = typeof about !== 'string';
  const application = typeof about === 'string' ? about : about.name;
  const entities: SourceEntity[] = [];
  const add = <K extends EntityKind>(
    kind: K,
    name: string,
    spec: Specs[K],
    path: Path,
    environment = '',
    places: Pick<SourceEntity['source'], 'placeOf'> = {},
  ): void => {
    const mention = kind === 'application' && !described;
    entities.push({ kind, application, environment, name, spec, source: { map, path, ...places }, mention });
  };
  for (const [name, guard] of Object.entries(authored.guards ?? {})) {
    const spec = typeof guard === 'number' ? { capacity: guard } : (compact(guard) as LongGuard); // Leaves out what is undefined.
    const source = { map, path: ['guards', name] };
    entities.push({ kind: 'guard', application: ACCOUNT, environment: '', name, spec, source, mention: false });
  }
  for (const [name, value] of Object.entries(longValues(authored.defaults ?? {}))) {
    const source = { map, path: ['defaults', name] };
    entities.push({
      ...{ kind: 'default', application: ACCOUNT, environment: '', name, spec: { value } },
      ...{ source, mention: false },
    });
  }
  if (authored.application === undefined) return entities;
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
  for (const [name, provisioner] of Object.entries(authored.provisioners ?? {})) {
    add('provisioner', name, longProvisioner(provisioner), ['provisioners', name]);
  }
  for (const [name, pipeline] of Object.entries(authored.pipelines ?? {})) {
    const path = ['pipelines', name];
    add('pipeline', name, longPipeline(pipeline, path, report), path, '', { placeOf: placesIn(pipeline) });
  }
  return entities;
}

function checkDocument(data: Json, report: Report): AuthoredDocument | null {
  if (!isJsonObject(data)) {
    report([], 'a definition is a map', "Start with 'fairlead: v1'.");
    return null;
  }
  const authored = checkSchema(documentSchema, data, report);
  if (Object.hasOwn(data, 'application') || isOfAccount(data)) return authored;
  report(['application'], "'application' is missing", 'Add application: …');
  return null;
}

/** Only guards and defaults stand in it, which belong to no application. */
const isOfAccount = (data: JsonObject): boolean =>
  (Object.hasOwn(data, 'guards') || Object.hasOwn(data, 'defaults')) &&
  !['services', 'environments', 'workflows', 'pipelines'].some((field) => Object.hasOwn(data, field));

const longApplication = (application: NonNullable<AuthoredDocument['application']>): Specs['application'] =>
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
