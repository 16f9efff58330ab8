import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { ArtifactSource } from '@fairlead/proto/model/task.ts';
import {
  artifactCollection,
  artifactCollectionParameters,
  type ArtifactCollectionParameters,
} from '@fairlead/proto/steps/artifact-collection.ts';
import type { Artifacts } from '../../artifacts/index.ts';
import type { Attempt, Platform } from '../platform.ts';
import { pause } from '../shell/run-unit.ts';
import { stoppedResult } from '../shell/stop-reason.ts';

const BETWEEN_MS = 2_000;
/** Builds named when the wanted one is not among them. */
const NAMED = 20;

/** Artifact Collection: finds a build at the source of a service. It only reads, so it may be done again. */
export const createCollectPlatform = (artifacts: Pick<Artifacts, 'versions'>): Platform => ({
  name: 'collect',
  types: [artifactCollection.type],
  run: async (attempt) => {
    const parsed = artifactCollectionParameters.safeParse(attempt.task.parameters);
    if (parsed.success) return collect(attempt, parsed.data, artifacts);
    const why = `bad parameters of an artifact collection: ${z.prettifyError(parsed.error)}`;
    return failed(failure('INVALID_INPUT', why));
  },
  close: () => Promise.resolve(),
});

async function collect(
  attempt: Attempt,
  wanted: ArtifactCollectionParameters,
  artifacts: Pick<Artifacts, 'versions'>,
): Promise<AttemptResult> {
  const { system, signal, log } = attempt;
  const until = system.clock.monotonic() + wanted.withinMs;
  for (let tries = 1; ; tries += 1) {
    const left = Math.max(until - system.clock.monotonic(), 0);
    const found = await look(wanted, artifacts, signal);
    if (signal.aborted) return stoppedResult(attempt, false, true, 'the agent');
    if ('outputs' in found) {
      log.info(`${wanted.service}: build ${String(found.outputs['build'])} (${String(found.outputs['location'])})`);
      return { outcome: 'SUCCESS', outputs: found.outputs, touched: false };
    }
    if (left <= 0) return failed(found.failure);
    if (tries === 1) log.info(`${found.failure.message}; looking again for up to ${wanted.withinMs} ms.`);
    await pause(Math.min(BETWEEN_MS, left), system, signal);
    if (signal.aborted) return stoppedResult(attempt, false, true, 'the agent');
  }
}

type Found = { readonly outputs: NonNullable<AttemptResult['outputs']> } | { readonly failure: Failure };

async function look(
  { service, source, build }: ArtifactCollectionParameters,
  artifacts: Pick<Artifacts, 'versions'>,
  signal: AbortSignal,
): Promise<Found> {
  try {
    // The schema says less than LateText of the headers; the engine resolved them.
    const versions = await artifacts.versions(source as ArtifactSource, signal);
    const found = build === undefined ? versions[0] : versions.find((each) => each.build === build);
    if (found !== undefined) {
      const { fileName, location, sha256, metadata } = found;
      return { outputs: { service, build: found.build, fileName, location, sha256, metadata } };
    }
    const existing = versions.slice(0, NAMED).map((each) => each.build);
    const what = build === undefined ? 'no build yet' : `no build '${build}'`;
    const others = existing.length === 0 ? '' : `; it has ${existing.join(', ')}`;
    return {
      failure: failure('NO_ARTIFACT', `the service '${service}' has ${what}${others}`, { details: { existing } }),
    };
  } catch (error) {
    if (error instanceof FailureError) return { failure: error.failures[0] };
    throw error;
  }
}

const failed = (why: Failure): AttemptResult => ({ outcome: 'FAILED', failure: why, touched: false });
