import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { shownEnvironment } from '../platforms/shell/local-transport.ts';
import type { ArtifactVersion } from './version.ts';

const RUN_MS = 60_000;
const RESULT_BYTES = 16 * 1_048_576;

const word = z.union([z.string().min(1), z.number().transform(String)]);
const listed = z.array(
  z
    .object({
      build: word.optional(),
      buildNo: word.optional(),
      fileName: z.string().min(1).optional(),
      url: z.string().min(1).optional(),
      path: z.string().min(1).optional(),
      sha256: z
        .string()
        .regex(/^[0-9a-fA-F]{64}$/)
        .optional(),
      metadata: z.record(z.string(), z.string()).default({}),
    })
    .refine((entry) => (entry.build ?? entry.buildNo) !== undefined, 'needs a build')
    .refine((entry) => (entry.url ?? entry.path) !== undefined, 'needs a url or a path'),
);

/** Builds as a script of the author's lists them: JSON in the file `$ARTIFACT_RESULT_PATH`. */
export async function scriptVersions(
  source: { readonly script: string },
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<ArtifactVersion[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-artifacts-'));
  const path = join(directory, 'result.json');
  try {
    await runScript(source.script, directory, path, scheduler, signal);
    const text = await readFile(path, 'utf8').catch(() => {
      throw unavailable('it wrote nothing to $ARTIFACT_RESULT_PATH');
    });
    if (text.length > RESULT_BYTES) throw unavailable(`it wrote more than ${RESULT_BYTES} bytes`);
    return read(text);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function read(text: string): ArtifactVersion[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw unavailable(`what it wrote is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const result = listed.safeParse(parsed);
  if (!result.success) throw unavailable(`what it wrote is no list of builds: ${z.prettifyError(result.error)}`);
  return result.data.map((entry) => {
    const location = entry.url ?? entry.path ?? '';
    const named = entry.fileName ?? (location.split(/[?#]/)[0] ?? '').split('/').at(-1) ?? '';
    return {
      build: entry.build ?? entry.buildNo ?? '',
      fileName: named === '' ? 'artifact' : named,
      location,
      sha256: entry.sha256?.toLowerCase() ?? null,
      metadata: entry.metadata,
    };
  });
}

function runScript(
  script: string,
  cwd: string,
  result: string,
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-s'], {
      cwd,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...shownEnvironment(process.env), ARTIFACT_RESULT_PATH: result },
    });
    // First of all: an error that is told to nobody ends the process, and what never began may have no streams.
    child.once('error', (error) => reject(unavailable(error.message)));
    if (child.pid === undefined) return;
    let complaint = '';
    const stop = (): void => {
      // It leads a group of its own.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = scheduler.after(RUN_MS, stop);
    signal.addEventListener('abort', stop, { once: true });
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-1_000)));
    child.once('close', (status, killed) => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      if (status === 0) resolve();
      else
        reject(
          unavailable(
            `it ended with ${killed === null ? `status ${String(status)}` : `signal ${killed}`}: ${complaint.trim()}`,
          ),
        );
    });
    child.stdin.end(script);
  });
}

const unavailable = (why: string): FailureError =>
  new FailureError(failure('ARTIFACT_UNAVAILABLE', `the artifact script did not list any builds: ${why}`));
