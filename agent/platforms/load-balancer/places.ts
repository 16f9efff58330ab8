import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { LateText } from '@fairlead/proto/model/task.ts';
import type { Balancer } from '@fairlead/proto/steps/load-balancer.ts';
import type { Attempt } from '../platform.ts';
import { haproxyRouter } from './haproxy/index.ts';
import { connectDirectly, type Connect } from './haproxy/runtime-socket.ts';
import type { Router } from './router.ts';
import type { Place } from './telling.ts';

/** Connections as the machine `over` makes them. */
export type Through = (attempt: Attempt, over: NonNullable<Balancer['over']>) => Promise<Connect>;

// The catalog's schema checked the shape; its type says less than LateText.
export const fill = (attempt: Attempt, late: unknown): Promise<string> => attempt.text(late as LateText);

/** One for each socket of the load balancer. */
export async function routers(attempt: Attempt, balancer: Balancer, through: Through): Promise<readonly Router[]> {
  if (balancer.product !== 'HAPROXY') {
    const message = `this agent cannot speak to a load balancer of the kind ${balancer.product}; it can to HAProxy`;
    throw new FailureError(failure('UNSUPPORTED', message));
  }
  const { over } = balancer;
  const connect = over === null ? connectDirectly : await through(attempt, over);
  const via = over === null ? '' : ` through ${over.name}`;
  const backend = await fill(attempt, balancer.backend);
  const made: Router[] = [];
  for (const socket of balancer.sockets) made.push(haproxyRouter(await fill(attempt, socket), backend, connect, via));
  return made;
}

export function placesOf(
  all: readonly Router[],
  { servers }: Balancer,
  groups: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, readonly Place[]> {
  return new Map(
    Object.entries(groups).map(([name, hosts]) => [
      name,
      all.flatMap((router) => hosts.map((host) => ({ router, host, server: servers[host] ?? host }))),
    ]),
  );
}
