import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import {
  balance,
  balanceParameters,
  idleGroup,
  idleGroupParameters,
  swapTraffic as swapTrafficStep,
  swapTrafficParameters,
} from '@fairlead/proto/steps/load-balancer.ts';
import type { Attempt, Platform } from '../platform.ts';
import { balanceHost } from './balance.ts';
import { findIdleGroup } from './idle-group.ts';
import { fill, placesOf, routers, type Through } from './places.ts';
import { swapTraffic } from './swap.ts';
import { Telling } from './telling.ts';

export interface LoadBalancerOptions {
  readonly through: Through;
}

/** Steps that ask and tell load balancers; each product has a folder with its router. */
export const createLoadBalancerPlatform = (options: LoadBalancerOptions): Platform => ({
  name: 'load-balancer',
  types: [idleGroup.type, swapTrafficStep.type, balance.type],
  run: async (attempt) => {
    const telling = new Telling(attempt);
    try {
      return await work(attempt, telling, options);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return { outcome: 'FAILED', failure: error.failures[0], touched: telling.touched };
    }
  },
  close: () => Promise.resolve(),
});

async function work(attempt: Attempt, telling: Telling, options: LoadBalancerOptions): Promise<AttemptResult> {
  const { type } = attempt.task;
  if (type === idleGroup.type) {
    const { balancer, groups } = read(idleGroupParameters, attempt);
    return findIdleGroup(attempt, placesOf(await routers(attempt, balancer, options.through), balancer, groups));
  }
  if (type === swapTrafficStep.type) {
    const { balancer, groups, to, ...times } = read(swapTrafficParameters, attempt);
    const wanted = await fill(attempt, to);
    if (wanted !== '' && !Object.hasOwn(groups, wanted)) throw new FailureError(unknownGroup(wanted, groups));
    const places = placesOf(await routers(attempt, balancer, options.through), balancer, groups);
    return swapTraffic(attempt, telling, { groups: places, to: wanted, ...times });
  }
  const { balancer, ...rest } = read(balanceParameters, attempt);
  const { target } = attempt.task;
  if (target === null) throw new FailureError(failure('INVALID_INPUT', 'the step needs a host to run on'));
  const all = placesOf(await routers(attempt, balancer, options.through), balancer, {
    all: Object.keys(balancer.servers),
  });
  return balanceHost(attempt, telling, { host: target.name, places: all.get('all') ?? [], ...rest });
}

function read<T>(schema: z.ZodType<T>, { task }: Attempt): T {
  const parsed = schema.safeParse(task.parameters);
  if (parsed.success) return parsed.data;
  const message = `bad parameters of a step for a load balancer: ${z.prettifyError(parsed.error)}`;
  throw new FailureError(failure('INVALID_INPUT', message));
}

const unknownGroup = (group: string, groups: Readonly<Record<string, unknown>>): Failure => {
  const existing = Object.keys(groups);
  return failure('NOT_FOUND', `there is no group '${group}'; the infrastructure has ${existing.join(', ')}`, {
    details: { existing },
  });
};
