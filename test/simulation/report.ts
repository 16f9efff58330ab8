import { tableOf } from './cells.ts';
import { distributionOf } from './distribution.ts';
import type { Played } from './worker.ts';

export type Sums = Readonly<Record<string, number>>;

export function sumsOf(played: readonly Played[]): Sums {
  const sums: Record<string, number> = {};
  for (const { statistics } of played) {
    for (const [name, value] of Object.entries(statistics)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** What all of these seeds exercised, for whoever doubts that they do. */
export function reportOn(played: readonly Played[]): string {
  const sums = sumsOf(played);
  const { steps = 0, virtualSeconds = 0, executions = 0, attempts = 0, frames = 0 } = sums;
  const lines = [
    `${played.length} seeds: ${Math.round(steps / played.length)} turns and ${Math.round(virtualSeconds / played.length)} s of virtual time each`,
    `${executions} executions with ${attempts} attempts, watched by ${frames} frames`,
    distributionOf(sums).join(', '),
  ];
  const named = Object.entries(sums).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const faults = named.filter(([name]) => name.startsWith('fault '));
  const each = faults.map(([name, value]) => `${name.slice('fault '.length)} ${(value / played.length).toFixed(2)}`);
  lines.push(`per seed: ${each.join(', ')}`);
  for (const [name, value] of named) {
    if (TOLD_ELSEWHERE.test(name)) continue;
    const of = name.startsWith('attempts') ? attempts : name.startsWith('frames') ? frames : executions;
    lines.push(`${name}: ${value} (${((100 * value) / Math.max(1, of)).toFixed(1)} %)`);
  }
  return [...lines, 'status × fault × action:', ...tableOf(sums)].join('\n');
}

const TOLD_ELSEWHERE = /^(fault |with (steps|faults): |cell |(steps|virtualSeconds|executions|attempts|frames)$)/;
