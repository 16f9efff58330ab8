/**
 * Who goes on with an ended pipeline: one execution, whoever asks. The claim comes before the plan is made, and is renewed
 * when that has been made: whoever takes a claim over from somebody who did not come to begin keeps him from beginning.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Clock, Ids } from '@fairlead/proto/model/system.ts';
import type { Document, Documents } from '../ports/documents.ts';
import type { Drivers } from './drivers.ts';

/** Who has not begun for so long after its claim has been refused, or is gone. Milliseconds. */
const PATIENCE_MS = 60_000;

interface World {
  readonly documents: Documents;
  readonly drivers: Pick<Drivers, 'exists'>;
  readonly system: { readonly clock: Clock; readonly ids: Ids };
}

export interface ResumeClaim {
  /** Which execution goes on with it. */
  readonly by: ExecutionId;
  /** Before it begins. Throws when another has taken it over. */
  renew(): Promise<void>;
  /** It does not begin after all. */
  giveUp(): Promise<void>;
}

/**
 * For a request, named by an id of its own: asked again, it has the same claim. Throws when another goes on with it, or is
 * about to; `begun`: before that, when the execution of the claim has begun.
 */
export async function claimResume(
  world: World,
  id: ExecutionId,
  request: string,
  begun: (by: ExecutionId) => Promise<boolean>,
): Promise<ResumeClaim | { readonly begun: ExecutionId }> {
  const { documents, drivers, system } = world;
  for (;;) {
    const at = system.clock.now();
    const fresh = { by: system.ids.unique('x'), request, at };
    if (await documents.insert('resumes', id, fresh)) return claimOf(world, id, fresh.by, request);
    const found = await documents.get('resumes', id);
    if (found === null) continue;
    const by = byOf(found);
    if (await drivers.exists(by)) {
      if (await begun(by)) return { begun: by };
      throw goesOn(id, by);
    }
    if (found.body['request'] === request) return claimOf(world, id, by, request);
    if (at < sinceOf(found) + PATIENCE_MS) throw isAboutTo(id, by);
    if (await documents.replace('resumes', id, found.version, fresh)) return claimOf(world, id, fresh.by, request);
  }
}

function claimOf({ documents, system }: World, id: ExecutionId, by: ExecutionId, request: string): ResumeClaim {
  return {
    by,
    async renew() {
      for (;;) {
        const found = await documents.get('resumes', id);
        const renewed = { by, request, at: system.clock.now() };
        // Given up by the same request, where it was asked twice and refused there.
        if (found === null) {
          if (await documents.insert('resumes', id, renewed)) return;
        } else if (byOf(found) !== by) throw isAboutTo(id, byOf(found));
        else if (await documents.replace('resumes', id, found.version, renewed)) return;
      }
    },
    async giveUp() {
      const found = await documents.get('resumes', id);
      if (found !== null && byOf(found) === by) await documents.remove('resumes', id, found.version);
    },
  };
}

const byOf = ({ body }: Document): ExecutionId => String(body['by']);

/** Earlier releases did not write it down. */
const sinceOf = ({ body }: Document): number => Number(body['at'] ?? 0);

const isAboutTo = (id: ExecutionId, by: ExecutionId): FailureError =>
  refuseResume(
    id,
    `${by}, asked for by another request, is about to go on with it`,
    `Look at ${by}, or ask again later.`,
  );

export const goesOn = (id: ExecutionId, by: ExecutionId): FailureError =>
  refuseResume(id, `${by} goes on with it already`, `Resume ${by} when that has not succeeded.`);

export const refuseResume = (id: ExecutionId, why: string, mend: string): FailureError =>
  new FailureError(failure('ILLEGAL_STATE', `${id} cannot be resumed: ${why}. ${mend}`, { details: { mend } }));
