import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { request } from '../platforms/http/request.ts';
import { directoryFile } from './directory-source.ts';
import { unavailable } from './http-source.ts';

const IDLE_MS = 30_000;

/** The content of a build, or `unchanged` when the source says so of what was fetched under the validator before. */
export type Download = { readonly content: AsyncIterable<Uint8Array>; readonly validator: string | null } | 'unchanged';

/** Opens a build at its source. Rejects with a FailureError: ARTIFACT_UNAVAILABLE when the source lost or refuses it. */
export async function download(
  reference: ArtifactRef,
  headers: Readonly<Record<string, string>>,
  validator: string | null,
  signal: AbortSignal,
): Promise<Download> {
  const { source, location } = reference;
  if (source.kind === 'DIRECTORY') return readLocal(directoryFile(source.path, location), validator);
  if (/^https?:\/\//.test(location)) {
    // The headers are meant for the source, and for no other place that its listing points at.
    const own = source.kind === 'HTTP' && new URL(location).origin === new URL(source.url).origin;
    return readRemote(location, own ? headers : {}, validator, signal);
  }
  if (source.kind === 'SCRIPT' && location.startsWith('/')) return readLocal(location, validator);
  throw new FailureError(failure('INVALID_INPUT', `'${location}' is neither an absolute path nor an http(s) address`));
}

async function readLocal(path: string, validator: string | null): Promise<Download> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new FailureError(failure('ARTIFACT_UNAVAILABLE', `${path} cannot be read: ${error.code ?? error.message}`));
  });
  const current = `${info.size}:${info.mtimeMs}:${info.ino}`;
  return current === validator ? 'unchanged' : { content: whole(bytesOf(path), path), validator: current };
}

async function readRemote(
  url: string,
  headers: Readonly<Record<string, string>>,
  validator: string | null,
  signal: AbortSignal,
): Promise<Download> {
  const asked = { ...headers };
  if (validator?.startsWith('etag ') === true) asked['if-none-match'] = validator.slice(5);
  if (validator?.startsWith('date ') === true) asked['if-modified-since'] = validator.slice(5);
  const response = await request({ url, method: 'GET', headers: asked, signal, idleTimeoutMs: IDLE_MS }).catch(
    unavailable,
  );
  if (response.status === 304 && validator !== null) {
    response.body.resume();
    return 'unchanged';
  }
  if (response.status !== 200) {
    response.body.destroy();
    throw new FailureError(
      failure('ARTIFACT_UNAVAILABLE', `${url} answers ${response.status}`, { details: { status: response.status } }),
    );
  }
  const { etag, 'last-modified': date } = response.headers;
  const next = typeof etag === 'string' ? `etag ${etag}` : typeof date === 'string' ? `date ${date}` : null;
  return { content: whole(response.body, url), validator: next };
}

/** Opened when it is read: an error that came before somebody listens would end the process. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/** What cannot be read, or breaks off, is a source that is away, and not a short file. */
async function* whole(body: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FailureError(failure('ARTIFACT_UNAVAILABLE', `${where} could not be read to its end: ${why}`));
  }
}
