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

/** Read at once: a history of years must not hold the loop. */
const PAGE = 500;

/** Older revisions kept at hand: what runs, goes back or is run again asks for the one it began with. */
const REMEMBERED = 8;

export class DefinitionStore {
  readonly #documents: Documents;
  readonly #bus: Bus;
  readonly #system: { readonly clock: Clock; readonly ids: Ids };
  #current: Revision = NOTHING;
  /** Asked for last, last. */
  #older: readonly Revision[] = [];

  constructor(documents: Documents, bus: Bus, system: { readonly clock: Clock; readonly ids: Ids }) {
    this.#documents = documents;
    this.#bus = bus;
    this.#system = system;
  }

  /** Reads what was applied since, here or elsewhere. */
  async current(): Promise<Revision> {
    const read = await this.#readOn(this.#current, Number.POSITIVE_INFINITY);
    // Others may have read the same at the same time, and more.
    if (read.revision > this.#current.revision) this.#current = read;
    return this.#current;
  }

  /** As they were at a revision. */
  async at(revision: number): Promise<Catalog> {
    const known = [NOTHING, this.#current, ...this.#older].filter((each) => each.revision <= revision);
    const nearest = known.reduce((best, each) => (each.revision > best.revision ? each : best));
    const found = nearest.revision === revision ? nearest : await this.#readOn(nearest, revision);
    const others = this.#older.filter((each) => each.revision !== found.revision);
    this.#older = [...others, found].slice(-REMEMBERED);
    return found.catalog;
  }

  /** From a revision to a later one, as far as there is any. */
  async #readOn(from: Revision, to: number): Promise<Revision> {
    let read = from;
    while (read.revision < to) {
      const limit = Math.min(PAGE, to - read.revision);
      const page = await this.#documents.list('changeSets', { prefix: PREFIX, after: idOf(read.revision), limit });
      const last = page.at(-1);
      if (last === undefined) break;
      read = { catalog: foldChangeSets(page.map(changeSetIn), read.catalog), revision: revisionOf(last.id) };
      if (page.length < limit) break;
    }
    return read;
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

const NOTHING: Revision = { catalog: EMPTY_CATALOG, revision: 0 };

const PREFIX = 'definitions:';

/** Ten digits, so that the order of ids is the order of numbers. */
const idOf = (revision: number): string => `${PREFIX}${String(revision).padStart(10, '0')}`;

const revisionOf = (id: string): number => Number(id.slice(PREFIX.length));

const changeSetIn = ({ body }: Document): Json => body['changeSet'] ?? null;
