/** One host out of the load balancer, and back. Never the last one: the traffic would have nowhere to go. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt } from '../platform.ts';
import { stoppedResult } from '../shell/stop-reason.ts';
import type { ServerState } from './router.ts';
import { describe, statesOf, type Place, type Telling } from './telling.ts';

export interface Balance {
  readonly host: string;
  /** Every server of the infrastructure at every load balancer. */
  readonly places: readonly Place[];
  readonly traffic: 'in' | 'out';
  readonly healthyWithinMs: number;
  readonly drainForMs: number;
}

const mayServe = ({ admission, health }: ServerState): boolean => admission === 'ON' && health !== 'DOWN';
const CONFIRM_MS = 2_000;

export async function balanceHost(attempt: Attempt, telling: Telling, step: Balance): Promise<AttemptResult> {
  const mine = step.places.filter(({ host }) => host === step.host);
  const fail = (problem: Failure): AttemptResult => ({ outcome: 'FAILED', failure: problem, touched: telling.touched });
  const before = await statesOf(step.places);
  if (!attempt.recorded.some(({ name }) => name === 'balancer:before')) {
    await attempt.checkpoint('balancer:before', { states: describe(step.places, before) });
  }
  const result = step.traffic === 'out' ? await takeOut() : await putBack();
  return telling.stopped && result.outcome !== 'SUCCESS'
    ? stoppedResult(attempt, telling.touched, true, 'the load balancer')
    : result;

  async function takeOut(): Promise<AttemptResult> {
    await telling.admit(mine, 'DRAIN');
    // Read after it was told: of two that go at once, the later one sees the other gone.
    const alone = await routersWithoutServer(step.places);
    if (alone.length > 0) {
      await telling.admit(mine, 'ON');
      const why = `taking ${step.host} out would leave ${alone.join(' and ')} without any server that is well`;
      return fail(failure('CHECK_FAILED', `${why}; choose smaller batches, or mend the others first`));
    }
    const empty = await telling.until(mine, step.drainForMs, (all) =>
      all.every(({ connections }) => connections === 0),
    );
    if (telling.stopped) return { outcome: 'CANCELED', touched: telling.touched };
    if (!empty) attempt.log.info(`Connections are still open after ${step.drainForMs} ms.`);
    await telling.admit(mine, 'OFF');
    const off = await telling.until(mine, CONFIRM_MS, (all) => all.every(({ admission }) => admission === 'OFF'));
    return off
      ? { outcome: 'SUCCESS', touched: telling.touched }
      : fail(failure('CHECK_FAILED', `the load balancer goes on with ${step.host} although it was told not to`));
  }

  async function putBack(): Promise<AttemptResult> {
    const entering = mine.filter((place) => {
      const state = before[step.places.indexOf(place)];
      return state === undefined || !mayServe(state);
    });
    await telling.prove(entering);
    const isWell = ({ health }: ServerState): boolean => health !== 'DOWN';
    if (!(await telling.until(entering, step.healthyWithinMs, (all) => all.every(isWell)))) {
      const now = describe(entering, await statesOf(entering));
      await telling.admit(entering, 'OFF');
      return fail(
        failure(
          'CHECK_FAILED',
          `${step.host} is not well after ${step.healthyWithinMs} ms: ${now}; it gets no traffic`,
        ),
      );
    }
    await telling.admit(entering, 'ON');
    return (await telling.until(mine, CONFIRM_MS, (all) => all.every(mayServe)))
      ? { outcome: 'SUCCESS', touched: telling.touched }
      : fail(
          failure(
            'CHECK_FAILED',
            `${step.host} did not stay well with traffic: ${describe(mine, await statesOf(mine))}`,
          ),
        );
  }
}

/** Names of the load balancers at which nobody would be left to answer. */
async function routersWithoutServer(places: readonly Place[]): Promise<readonly string[]> {
  const states = await statesOf(places);
  const left = new Map<string, boolean>();
  places.forEach(({ router }, index) => {
    const state = states[index];
    left.set(router.name, (left.get(router.name) ?? false) || (state !== undefined && mayServe(state)));
  });
  return [...left].filter(([, any]) => !any).map(([name]) => name);
}
