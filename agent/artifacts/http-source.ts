import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { readText, request } from '../platforms/http/request.ts';
import { buildPattern } from './match.ts';
import type { ArtifactVersion } from './version.ts';

const LISTING_BYTES = 16 * 1_048_576;
const IDLE_MS = 30_000;

/** The links of a page, or the entries of a JSON list, whose file names match. */
export async function httpVersions(
  source: { readonly url: string; readonly match: string },
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArtifactVersion[]> {
  const buildOf = buildPattern(source.match);
  const response = await request({ url: source.url, method: 'GET', headers, signal, idleTimeoutMs: IDLE_MS }).catch(
    unavailable,
  );
  if (response.status !== 200) {
    response.body.destroy();
    throw new FailureError(
      failure('ARTIFACT_UNAVAILABLE', `${source.url} answers ${response.status}`, {
        details: { status: response.status },
      }),
    );
  }
  const { text, cut } = await readText(response.body, LISTING_BYTES).catch(unavailable);
  if (cut) throw new FailureError(failure('TOO_LARGE', `the listing at ${source.url} is over ${LISTING_BYTES} bytes`));
  const links = /^\s*[[{]/.test(text) ? jsonLinks(text, source.url) : htmlLinks(text);
  const versions = new Map<string, ArtifactVersion>();
  for (const link of links) {
    if (!URL.canParse(link, response.url)) continue;
    const url = new URL(link, response.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') continue;
    const fileName = decode(url.pathname.split('/').at(-1) ?? '');
    const build = fileName === '' ? null : buildOf(fileName);
    url.hash = '';
    if (build !== null && !versions.has(url.href)) {
      versions.set(url.href, { build, fileName, location: url.href, sha256: null, metadata: {} });
    }
  }
  return [...versions.values()];
}

/** A source that does not answer is told as such, whatever was the matter with it. */
export function unavailable(error: unknown): never {
  if (error instanceof FailureError && error.failures[0].code === 'UNREACHABLE') {
    throw new FailureError(failure('ARTIFACT_UNAVAILABLE', error.failures[0].message));
  }
  throw error;
}

function* htmlLinks(page: string): Generator<string> {
  for (const found of page.matchAll(/\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/gi)) {
    const link = found[1] ?? found[2] ?? found[3] ?? '';
    yield link.replaceAll('&amp;', '&');
  }
}

function* jsonLinks(text: string, url: string): Generator<string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new FailureError(failure('ARTIFACT_UNAVAILABLE', `the listing at ${url} is neither a page nor JSON`));
  }
  const list: unknown = Array.isArray(parsed)
    ? parsed
    : Object.values(parsed ?? {}).find((each) => Array.isArray(each));
  if (!Array.isArray(list)) return;
  for (const entry of list as readonly unknown[]) {
    if (typeof entry === 'string') yield entry;
    else if (typeof entry === 'object' && entry !== null) {
      const named = entry as Readonly<Record<string, unknown>>;
      const link = [named['url'], named['href'], named['path'], named['fileName'], named['name']].find(
        (each) => typeof each === 'string',
      );
      if (typeof link === 'string') yield link;
    }
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
