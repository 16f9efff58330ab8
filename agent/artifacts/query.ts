import { z } from 'zod';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import { artifactSourceParameter } from '@fairlead/proto/steps/artifact-collection.ts';
import type { QueryHandler } from '../platforms/platform.ts';
import type { Artifacts } from './index.ts';

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
    return versions.map((version) => ({ ...version }));
  };
