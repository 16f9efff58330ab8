/** Holds: what no trigger deploys again until somebody says so. */
import { z } from 'zod';
import { holdSchema } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';

const answer = z.object({ holds: z.array(holdSchema) });
export type Hold = z.output<typeof holdSchema>;

export async function listHolds(context: Context): Promise<ExitCode> {
  const { holds } = await context.api.get('/holds', answer);
  present(context.format, holds, () => {
    const rows = holds.map((hold) => [
      hold.id,
      hold.workflow,
      placeOf(hold),
      timeText(hold.at),
      hold.actor ?? 'a failure',
      hold.executionId,
      hold.reason,
    ]);
    const heads = ['HOLD', 'WORKFLOW', 'WHAT', 'SINCE', 'BY', 'ROLLBACK', 'REASON'];
    return tableOf(heads, rows, 'No holds: triggers may deploy everything.');
  });
  return EXIT.SUCCESS;
}

export async function liftHold(context: Context, id: string): Promise<ExitCode> {
  const { holds } = await context.api.delete(`/holds/${segment(id)}`, answer);
  present(context.format, holds, () =>
    holds.map((hold) => `Lifted ${hold.id}: triggers may deploy ${hold.workflow} (${placeOf(hold)}) again.`).join('\n'),
  );
  return EXIT.SUCCESS;
}

/** For who deploys all the same. */
export const holdLine = (hold: Hold): string =>
  `A hold is on ${hold.workflow} (${placeOf(hold)}) since ${timeText(hold.at)}: ${hold.reason} ` +
  `Triggers stay away until \`fairlead holds lift ${hold.id}\`.`;

const placeOf = (hold: Hold): string =>
  [hold.service ?? '-', [hold.environment, hold.infrastructure].filter((each) => each !== null).join('/')].join(' on ');
