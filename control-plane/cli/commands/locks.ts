/** What executions share: guards with their usage, and the queues of infrastructure. */
import { z } from 'zod';
import { guardView, lockView, queueView } from '../../api/http/queue-schemas.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';

export async function listGuards(context: Context): Promise<ExitCode> {
  const { guards } = await context.api.get('/guards', z.object({ guards: z.array(guardView) }));
  present(context.format, guards, () => {
    const rows = guards.flatMap(({ name, capacity, strategy, units }) => {
      const row = (unit: string, used: number, active: string, blocked: string): readonly string[] => [
        name,
        unit,
        `${used}/${capacity}`,
        strategy.toLowerCase(),
        active,
        blocked,
      ];
      if (units.length === 0) return [row('', 0, '', '')];
      return units.map((each) => row(each.unit, each.used, executions(each.active), executions(each.blocked)));
    });
    const heads = ['GUARD', 'UNIT', 'USED', 'STRATEGY', 'ACTIVE', 'BLOCKED'];
    return tableOf(heads, rows, 'No guards. Apply a file with guards: { name: 1 }.');
  });
  return EXIT.SUCCESS;
}

export async function listLocks(context: Context): Promise<ExitCode> {
  const { locks } = await context.api.get('/locks', z.object({ locks: z.array(lockView) }));
  present(context.format, locks, () => {
    const rows = locks.map((each) => [each.name, executions(each.active), executions(each.blocked)]);
    return tableOf(['INFRASTRUCTURE', 'ACTIVE', 'BLOCKED'], rows, 'No infrastructure is in use.');
  });
  return EXIT.SUCCESS;
}

/** A line for each who holds or waits, the next one first. */
export async function listQueues(context: Context): Promise<ExitCode> {
  const { queues } = await context.api.get('/queues', z.object({ queues: z.array(queueView) }));
  present(context.format, queues, () => {
    const rows = queues.flatMap(({ name, unit, capacity, used, holders, waiting }) => {
      const line = (place: (typeof holders)[number], state: string): readonly string[] => [
        unit === '' ? name : `${name} for ${unit}`,
        `${used}/${capacity}`,
        place.permits === 1 ? state : `${state} (${place.permits})`,
        place.since === null ? '' : timeText(place.since),
        place.execution?.name ?? '',
        place.execution?.actor ?? '',
        place.executionId,
      ];
      return [
        ...holders.map((place) => line(place, 'holds it')),
        ...waiting.map((place, index) => line(place, index === 0 ? 'is next' : `waits, ${index} before it`)),
      ];
    });
    const heads = ['WHAT', 'USED', 'STATE', 'SINCE', 'EXECUTION', 'BY', 'ID'];
    return tableOf(heads, rows, 'Nothing is held, and nobody waits.');
  });
  return EXIT.SUCCESS;
}

const executions = (places: z.infer<typeof lockView>['active']): string =>
  places.map(({ executionId, permits }) => (permits === 1 ? executionId : `${executionId} (${permits})`)).join(', ');
