import { play } from './world.ts';
const from = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 1),
  show = process.argv[4] ?? '';
const t0 = performance.now();
const sums: Record<string, number> = {};
const fails: Record<string, number[]> = {};
for (let seed = from; seed < from + n; seed++) {
  const o = await play(seed);
  for (const [k, v] of Object.entries(o.statistics)) sums[k] = (sums[k] ?? 0) + v;
  if (o.violation) {
    (fails[o.violation.invariant] ??= []).push(seed);
    if (show) {
      console.log(o.history.text);
    }
    console.log(seed, o.violation.invariant, o.violation.text.slice(0, 300));
  } else if (show === 'all') console.log(o.history.text);
}
console.log(sums, fails, ((performance.now() - t0) / n).toFixed(1) + ' ms/seed');
