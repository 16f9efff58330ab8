import { appendFileSync } from 'node:fs';

/** What a soak has to show. Numbers of one name are summed, texts are kept; outside `npm run soak` nobody asks. */
export function figure(name: string, value: number | string): void {
  const file = process.env['FAIRLEAD_SOAK_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
