/**
 * Gives the traffic to one group. At every instant somebody serves it: the new group is proven well without traffic,
 * then admitted and confirmed, and only then is the old one drained and shut off. Whoever does this again after a
 * process died in the middle starts from what the load balancers say, and comes to the same end.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt } from '../platform.ts';
import { stoppedResult } from '../shell/stop-reason.ts';
import { describe, statesOf, type Place, type Telling } from './telling.ts';
import type { Admission, ServerState } from './router.ts';

export interface Swap {
  /** Group → its servers, at every load balancer. */
  readonly groups: ReadonlyMap<string, readonly Place[]>;
  /** Empty: none is to be live. */
  readonly to: string;
  readonly healthyWithinMs: number;
  readonly drainForMs: number;
}

const serves = ({ admission }: ServerState): boolean => admission === 'ON';
const mayServe = ({ admission, health }: ServerState): boolean => admission === 'ON' && health !== 'DOWN';

export async function swapTraffic(attempt: Attempt, telling: Telling, swap: Swap): Promise<AttemptResult> {
  const { groups, to } = swap;
  const wanted = groups.get(to) ?? [];
  const others = [...groups].filter(([name]) => name !== to).flatMap(([, places]) => places);
  const liveBefore = await liveGroups(groups);
  const before = await remember(attempt, [...wanted, ...others], liveBefore, to);
  const outputs = { from: before.live.filter((name) => name !== to).join(', '), to };
  const done = (note: string): AttemptResult => ({
    outcome: 'SUCCESS',
    outputs,
    touched: telling.touched,
    notes: [note],
  });
  const fail = (problem: Failure): AttemptResult => ({ outcome: 'FAILED', failure: problem, touched: telling.touched });
  const stopped = (): AttemptResult => stoppedResult(attempt, telling.touched, true, 'the load balancer');

  const first = await statesOf(wanted);
  const off = await statesOf(others);
  if (first.every(mayServe) && off.every(({ admission }) => admission === 'OFF')) {
    return done(to === '' ? 'no group gets traffic, as it was to be' : `${to} is live already`);
  }
  const entering = wanted.filter((_, index) => {
    const state = first[index];
    return state === undefined || !mayServe(state);
  });
  const takeBack = async (): Promise<void> => telling.admit(entering, 'OFF');

  await telling.prove(entering);
  const well = await telling.until(entering, swap.healthyWithinMs, (all) => all.every(isWell));
  if (telling.stopped) {
    await takeBack();
    return stopped();
  }
  if (!well) {
    const now = describe(entering, await statesOf(entering));
    await takeBack();
    return fail(neverWell(to, now, swap.healthyWithinMs));
  }
  await telling.admit(entering, 'ON');
  const confirmed = await telling.until(wanted, CONFIRM_MS, (all) => all.every(mayServe));
  if (!confirmed) {
    const now = describe(wanted, await statesOf(wanted));
    if (telling.stopped) return stopped();
    await takeBack();
    return fail(
      failure('CHECK_FAILED', `${to} did not stay well with traffic: ${now}; the traffic stays where it was`),
    );
  }
  if (wanted.length > 0) attempt.log.info(`${to} gets traffic; draining the others.`);
  return drain();

  async function drain(): Promise<AttemptResult> {
    const leaving = others.filter((_, index) => off[index]?.admission !== 'OFF');
    await telling.admit(leaving, 'DRAIN');
    const watched = [...wanted, ...leaving];
    let lost = false;
    const empty = await telling.until(watched, swap.drainForMs, (all) => {
      lost = wanted.length > 0 && !all.slice(0, wanted.length).some(mayServe);
      return lost || all.slice(wanted.length).every(({ connections }) => connections === 0);
    });
    if (lost) {
      const now = describe(wanted, await statesOf(wanted));
      await telling.admit(placesThatWere(before, leaving, 'ON'), 'ON');
      await takeBack();
      return fail(
        failure('CHECK_FAILED', `${to} went down while the others drained (${now}); they have the traffic again`),
      );
    }
    if (telling.stopped) return stopped();
    if (!empty) attempt.log.info(`Connections are still open after ${swap.drainForMs} ms; they may end by themselves.`);
    await telling.admit(leaving, 'OFF');
    const ended = await telling.until(watched, CONFIRM_MS, (all) =>
      all.every((state, index) => (index < wanted.length ? serves(state) : state.admission === 'OFF')),
    );
    if (!ended) {
      const now = describe(watched, await statesOf(watched));
      return fail(failure('CHECK_FAILED', `the load balancer does not show what it was told: ${now}`));
    }
    await attempt.record('balancer:swapped', { to });
    return done(to === '' ? 'no group gets traffic' : `${to} is live`);
  }
}

/** HAProxy shows a command's effect at once; another process may be telling it something else. */
const CONFIRM_MS = 2_000;

/** Not being checked is no proof against it: verification comes before the swap. */
const isWell = ({ health }: ServerState): boolean => health !== 'DOWN';

const neverWell = (to: string, now: string, ms: number): Failure =>
  failure('CHECK_FAILED', `the servers of ${to} are not all well after ${ms} ms: ${now}; they got no traffic`, {
    details: { group: to },
  });

/** Groups with a server that gets traffic, in their order. */
export async function liveGroups(groups: Swap['groups']): Promise<readonly string[]> {
  const live: string[] = [];
  for (const [name, places] of groups) if ((await statesOf(places)).some(serves)) live.push(name);
  return live;
}

interface Before {
  readonly live: readonly string[];
  /** `router server` → what it was. */
  readonly admissions: Readonly<Record<string, Admission>>;
}

const BEFORE = 'balancer:before';
const keyOf = ({ router, server }: Place): string => `${server} at ${router.name}`;

/** What was before the first of us told anything: of this process, or of one that is gone. */
async function remember(
  attempt: Attempt,
  places: readonly Place[],
  live: readonly string[],
  to: string,
): Promise<Before> {
  const earlier = attempt.recorded.find(({ name }) => name === BEFORE)?.data;
  // Written below, by this version or an earlier one.
  if (earlier !== undefined) return earlier as unknown as Before;
  const states = await statesOf(places);
  const admissions = Object.fromEntries(
    places.map((place, index) => [keyOf(place), states[index]?.admission ?? 'OFF'] as const),
  );
  await attempt.checkpoint(BEFORE, { live, admissions, to });
  return { live, admissions };
}

const placesThatWere = (before: Before, places: readonly Place[], admission: Admission): readonly Place[] =>
  places.filter((place) => before.admissions[keyOf(place)] === admission);
