/** The definitions as they stand: change sets folded in order, each apply one insert validated against the one before. */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Clock, Ids } from '@fairlead/proto/model/system.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { EMPTY_CATALOG, type Catalog } from '../definitions/catalog.ts';
import { applyFiles, foldChangeSets } from '../definitions/change-set.ts';
import type { Bus } from '../ports/bus.ts';
import type { Documents } from '../ports/documents.ts';
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
    const after = this.#current.revision === 0 ? {} : { after: idOf(this.#current.revision) };
    const newer = await this.#documents.list('changeSets', { prefix: 'definitions:', ...after });
    if (newer.length > 0) {
      const sets = newer.map((document) => document.body['changeSet'] ?? null);
      const catalog = foldChangeSets(sets, this.#current.catalog);
      this.#current = { catalog, revision: this.#current.revision + newer.length };
    }
    return this.#current;
  }

  /** As they were at a revision. */
  async at(revision: number): Promise<Catalog> {
    if (revision === 0) return EMPTY_CATALOG;
    if (revision === this.#current.revision) return this.#current.catalog;
    const documents = await this.#documents.list('changeSets', { prefix: 'definitions:', limit: revision });
    return foldChangeSets(documents.map((document) => document.body['changeSet'] ?? null));
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

/** Ten digits, so that the order of ids is the order of numbers. */
const idOf = (revision: number): string => `definitions:${String(revision).padStart(10, '0')}`;
