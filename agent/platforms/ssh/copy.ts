import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from '../platform.ts';
import { pause } from '../shell/run-unit.ts';
import type { Host } from '../shell/host.ts';
import { upload, type Upload, type Uploaded } from './upload.ts';

const RETRY_FOR_MS = 30_000;

/** Uploads, again after a lost connection: doing it twice is doing it once. */
export async function copyFile(attempt: Attempt, host: Host, file: Upload): Promise<Uploaded> {
  const { system, signal } = attempt;
  let lostAt: number | null = null;
  for (let tries = 0; ; tries += 1) {
    let uploaded: Uploaded;
    try {
      uploaded = await upload(host.transport, system, file, signal);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      uploaded = { outcome: 'failed', failure: error.failures[0] };
      if (lostAt === null) return uploaded;
    }
    if (uploaded.outcome !== 'failed') return uploaded;
    const { code, message } = uploaded.failure;
    if (code !== 'CONNECTION_LOST' && code !== 'UNREACHABLE') return uploaded;
    lostAt ??= system.clock.monotonic();
    if (signal.aborted) return uploaded;
    if (system.clock.monotonic() - lostAt > RETRY_FOR_MS) {
      return {
        outcome: 'failed',
        failure: failure('CONNECTION_LOST', `${host.name} went away during the copy: ${message}`),
      };
    }
    if (tries === 0) attempt.log.info(`${message}; copying again.`);
    await pause(Math.min(200 * 2 ** tries, 2_000) * (0.5 + system.random.fraction()), system, signal);
  }
}
