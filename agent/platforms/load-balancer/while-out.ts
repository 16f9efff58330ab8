/** Work on a host while it gets no traffic. */
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Balancer } from '@fairlead/proto/steps/load-balancer.ts';
import type { Attempt } from '../platform.ts';
import { balanceHost } from './balance.ts';
import { placesOf, routers, type Through } from './places.ts';
import { Telling } from './telling.ts';

export interface OutOfTraffic {
  readonly balancer: Balancer;
  readonly host: string;
  readonly healthyWithinMs: number;
  readonly drainForMs: number;
}

/** Whoever works at hosts of the same backend waits for the one before: the others carry the traffic meanwhile. */
const turns = new Map<string, Promise<unknown>>();

/** Takes the host out, does the work, and puts the host back when the work succeeded and the host is well. */
export function whileOut(
  attempt: Attempt,
  through: Through,
  { balancer, host, ...times }: OutOfTraffic,
  work: () => Promise<AttemptResult>,
): Promise<AttemptResult> {
  const key = JSON.stringify([balancer.sockets, balancer.backend]);
  const mine = (turns.get(key) ?? Promise.resolve()).then(async (): Promise<AttemptResult> => {
    const places = placesOf(await routers(attempt, balancer, through), balancer, {
      all: Object.keys(balancer.servers),
    });
    const step = { host, places: places.get('all') ?? [], ...times };
    const telling = new Telling(attempt);
    const out = await balanceHost(attempt, telling, { ...step, traffic: 'out' });
    if (out.outcome !== 'SUCCESS') return out;
    const done = await work();
    if (done.outcome !== 'SUCCESS') return done;
    const back = await balanceHost(attempt, telling, { ...step, traffic: 'in' });
    return back.outcome === 'SUCCESS' ? done : { ...back, touched: true };
  });
  const settled = mine.catch(() => undefined);
  turns.set(key, settled);
  void settled.then(() => turns.get(key) === settled && turns.delete(key));
  return mine;
}
