/** Who is asking: an API key in a header, or the page's session in a cookie that other sites cannot use. */
import type { IncomingMessage } from 'node:http';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';

export const SESSION_COOKIE = 'fairlead_session';

export interface Credential {
  readonly text: string;
  /** A cookie comes along whoever caused the request, so the cause is checked. */
  readonly from: 'header' | 'cookie';
}

/** A header wins over a cookie. */
export function credentialOf(request: IncomingMessage): Credential | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { text: bearer, from: 'header' };
  const key = request.headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return { text: key, from: 'header' };
  const session = cookieOf(request, SESSION_COOKIE);
  return session === null ? null : { text: session, from: 'cookie' };
}

/**
 * Rejects with UNAUTHENTICATED without a valid credential, and with FORBIDDEN where a cookie came from another site's
 * page. `mayChange`: the request can change something (or, as a live socket, be read by the page that opened it).
 */
export async function authenticate(
  useCases: UseCases,
  request: IncomingMessage,
  mayChange: boolean,
  ownOrigins: readonly string[],
): Promise<Actor> {
  const credential = credentialOf(request);
  if (credential === null) {
    const message = 'No API key or session came with the request: send `Authorization: Bearer <key>`.';
    throw new FailureError(failure('UNAUTHENTICATED', message));
  }
  if (credential.from === 'cookie' && mayChange && !isOwnOrigin(request, ownOrigins)) {
    const message = 'A session of the page may only be used by the page itself: the Origin header names another site.';
    throw new FailureError(failure('FORBIDDEN', message));
  }
  return useCases.authenticate(credential.text);
}

/** Browsers send Origin with everything that can change something and with every WebSocket. */
export function isOwnOrigin(request: IncomingMessage, ownOrigins: readonly string[]): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return false;
  if (ownOrigins.includes(origin)) return true;
  const host = request.headers.host;
  return host !== undefined && origin === `http://${host}`;
}

export function sessionCookie(session: string, lifetimeMs: number, secure: boolean): string {
  const seconds = Math.max(0, Math.floor(lifetimeMs / 1000));
  const flags = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
  return `${SESSION_COOKIE}=${encodeURIComponent(session)}; ${flags}`;
}

function cookieOf(request: IncomingMessage, name: string): string | null {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const text = pair.slice(at + 1).trim();
    try {
      return decodeURIComponent(text);
    } catch {
      // Not one of ours.
      return null;
    }
  }
  return null;
}
