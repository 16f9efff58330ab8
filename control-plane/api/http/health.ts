/** For load balancers and supervisors: alive (the process answers) and ready (the store answers too). */
import express from 'express';
import type { Logger } from 'pino';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { Actor } from '../../app/authorize.ts';
import type { UseCases } from '../../app/use-cases.ts';

const PROBE: Actor = { id: 'readiness', name: 'readiness probe', kind: 'SYSTEM', rights: ['read'] };
/** Probes come from outside without a key: however many there are, the store is asked once a second. */
const REMEMBERED_MS = 1000;

export function health(useCases: UseCases, clock: Clock, logger: Logger): express.Router {
  let last: { readonly at: number; readonly ready: Promise<boolean> } | null = null;
  const ask = async (): Promise<boolean> => {
    try {
      await useCases.listExecutions(PROBE, { filter: {}, limit: 1 });
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'not ready');
      return false;
    }
  };
  const router = express.Router();
  router.get('/healthz', (_request, response) => void response.set('Cache-Control', 'no-store').json({ ok: true }));
  router.get('/readyz', async (_request, response) => {
    const now = clock.monotonic();
    if (last === null || now - last.at >= REMEMBERED_MS) last = { at: now, ready: ask() };
    const ready = await last.ready;
    response
      .status(ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ ready });
  });
  return router;
}
