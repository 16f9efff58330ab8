/** `/login?token=…`: a link from the terminal opens the page without typing anything. */
import express from 'express';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { sessionCookie } from './credentials.ts';
import { RequestError } from './problem.ts';

export function login(useCases: UseCases, clock: Clock, secure: boolean): express.Router {
  const router = express.Router();
  router.get('/login', async (request, response) => {
    // Express answers HEAD with GET: a preview of the link must not use the token up.
    if (request.method !== 'GET') return void response.status(405).set('Allow', 'GET').end();
    const token = request.query['token'];
    if (typeof token !== 'string' || token === '') {
      throw new RequestError('INVALID_INPUT', [
        {
          code: 'INVALID_INPUT',
          field: 'token',
          reason: 'token: is missing in the query.',
          mend: 'Open the link whole, as it was printed.',
        },
      ]);
    }
    response.set('Cache-Control', 'no-store');
    try {
      const { session, expiresAt } = await useCases.exchangeLoginToken(token);
      response.set('Set-Cookie', sessionCookie(session, expiresAt - clock.now(), secure));
    } catch (error) {
      // Whoever opens a link twice in a browser is logged in already, or is told by the page how to log in.
      if (!isRefused(error) || request.accepts(['json', 'html']) !== 'html') throw error;
    }
    response.redirect(303, localPath(request.query['next']));
    return undefined;
  });
  return router;
}

const isRefused = (error: unknown): boolean =>
  error instanceof FailureError && error.failures[0].code === 'UNAUTHENTICATED';

/** Only a path of this server: no scheme, no host, nothing a browser would take for one. */
export function localPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])[\w\-./~%?=&@:]*$/.test(next)) return '/';
  return next;
}
