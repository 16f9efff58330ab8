import { z } from 'zod';
import { MOST_BYTES } from '@fairlead/proto/fairlead/v1/bus-reply.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import { artifactSourceParameter } from '@fairlead/proto/steps/artifact-collection.ts';
import type { QueryHandler } from '../platforms/platform.ts';
import type { Artifacts } from './index.ts';
import type { ArtifactVersion } from './version.ts';

/** With room for what is around it. */
const ANSWER_BYTES = MOST_BYTES - 1_000;
const argument = z.object({ source: artifactSourceParameter });

/** Answers the query `artifactVersions`: `{source}` → the builds it offers, newest first. */
export const artifactVersionsQuery =
  (artifacts: Pick<Artifacts, 'versions'>): QueryHandler =>
  async (given) => {
    const parsed = argument.safeParse(given);
    if (!parsed.success) {
      throw new FailureError(
        failure('INVALID_INPUT', `bad artifact source: ${z.prettifyError(parsed.error)}`, { field: 'source' }),
      );
    }
    // The schema says less than LateText of the headers; the plan made them.
    const versions = await artifacts.versions(parsed.data.source as ArtifactSource);
    return thatFit(versions).map((version) => ({ ...version }));
  };

/** As many of the newest as one answer can carry; a listing of long addresses and much metadata can be larger. */
function thatFit(versions: readonly ArtifactVersion[]): readonly ArtifactVersion[] {
  let bytes = 0;
  const end = versions.findIndex((version) => (bytes += Buffer.byteLength(JSON.stringify(version)) + 1) > ANSWER_BYTES);
  return end < 0 ? versions : versions.slice(0, end);
}
