/** The definitions as they stand: change sets folded in order, each apply one insert validated against the one before. */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Clock, Ids } from '@fairlead/proto/model/system.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { EMPTY_CATALOG, type Catalog } from '../definitions/catalog.ts';
import { applyFiles, foldChangeSets } from '../definitions/change-set.ts';
import type { Bus } from '../ports/bus.ts';
import type { Document, Documents } from '../ports/documents.ts';
import type { Actor } from './authorize.ts';
import type { ApplyResult, SourceFile } from './use-cases.ts';

/** A catalog and the number of the change set that made it. */
export interface Revision {
  readonly catalog: Catalog;
  readonly revision: number;
}

export class DefinitionStore {
  readonly #documents: Documents;
  readonly #bus: Bus;
  readonly #system: { readonly clock: Clock; readonly ids: Ids };
  #current: Revision = { catalog: EMPTY_CATALOG, revision: 0 };

  constructor(documents: Documents, bus: Bus, system: { readonly clock: Clock; readonly ids: Ids }) {
    this.#documents = documents;
    this.#bus = bus;
    this.#system = system;
  }

  /** Reads what was applied since, here or elsewhere. */
  async current(): Promise<Revision> {
    const known = this.#current;
    const after = known.revision === 0 ? {} : { after: idOf(known.revision) };
    const newer = await this.#documents.list('changeSets', { prefix: PREFIX, ...after });
    const last = newer.at(-1);
    // Others may have read the same at the same time: what they have added is not added again.
    if (last === undefined || revisionOf(last.id) <= this.#current.revision) return this.#current;
    const catalog = foldChangeSets(newer.map(changeSetIn), known.catalog);
    this.#current = { catalog, revision: revisionOf(last.id) };
    return this.#current;
  }

  /** As they were at a revision. */
  async at(revision: number): Promise<Catalog> {
    if (revision === 0) return EMPTY_CATALOG;
    if (revision === this.#current.revision) return this.#current.catalog;
    const documents = await this.#documents.list('changeSets', { prefix: PREFIX, limit: revision });
    return foldChangeSets(documents.filter(({ id }) => revisionOf(id) <= revision).map(changeSetIn));
  }

  async apply(
    actor: Actor,
    files: readonly SourceFile[],
    options: { dryRun: boolean; prune: boolean },
  ): Promise<ApplyResult> {
    for (;;) {
      const { catalog, revision } = await this.current();
      const newId = (): string => this.#system.ids.unique('');
      const result = applyFiles(catalog, files, { newId, prune: options.prune });
      if ('problems' in result) return { problems: result.problems };
      const { changeSet, changes } = result;
      if (options.dryRun || changeSet === null) return { applied: false, revision, changes };
      const next = revision + 1;
      const body = { changeSet, by: actor.name, at: this.#system.clock.now() } as unknown as JsonObject; // Plain data.
      if (!(await this.#documents.insert('changeSets', idOf(next), body))) continue; // Somebody was faster: validate anew.
      this.#bus.publish(subjects.definitions, { revision: next });
      return { applied: true, revision: next, changes };
    }
  }
}

const PREFIX = 'definitions:';

/** Ten digits, so that the order of ids is the order of numbers. */
const idOf = (revision: number): string => `${PREFIX}${String(revision).padStart(10, '0')}`;

const revisionOf = (id: string): number => Number(id.slice(PREFIX.length));

const changeSetIn = ({ body }: Document): Json => body['changeSet'] ?? null;
