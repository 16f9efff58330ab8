/** Whether what was played is worth anything: executions of some size, in trouble, in each other's way, taken back. */
import type { Sums } from './report.ts';

interface Measure {
  readonly name: string;
  readonly least: number;
  of(sums: Sums): number;
}

const MEASURES: readonly Measure[] = [
  { name: 'median of steps', least: 20, of: (sums) => medianOf(sums, 'with steps: ') },
  { name: 'median of faults', least: 3, of: (sums) => medianOf(sums, 'with faults: ') },
  { name: '% with a barrier or a lock', least: 30, of: (sums) => percentOf(sums, 'with a barrier or a lock') },
  { name: '% rolled back', least: 20, of: (sums) => percentOf(sums, 'rolled back') },
];

export const distributionOf = (sums: Sums): readonly string[] =>
  MEASURES.map(({ name, of }) => `${name} ${of(sums).toFixed(name.startsWith('%') ? 1 : 0)}`);

/** What is too thin to prove anything. */
export const tooThin = (sums: Sums): readonly string[] =>
  MEASURES.filter(({ least, of }) => of(sums) < least).map(
    ({ name, least, of }) => `${name}: ${of(sums).toFixed(1)}, and at least ${least} are wanted`,
  );

const percentOf = (sums: Sums, name: string): number =>
  (100 * (sums[name] ?? 0)) / Math.max(1, sums['executions'] ?? 0);

/** Of counts whose names end in what they are counts of. */
function medianOf(sums: Sums, prefix: string): number {
  const counts = Object.entries(sums)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, count]) => [Number(name.slice(prefix.length)), count] as const)
    .toSorted(([a], [b]) => a - b);
  const half = counts.reduce((sum, [, count]) => sum + count, 0) / 2;
  let below = 0;
  for (const [value, count] of counts) {
    below += count;
    if (below >= half) return value;
  }
  return 0;
}
