/** What a bench finds out: one object per measure, with what it is compared with. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the same machine does in the same run without us, in the same unit; null: there is none. */
  readonly baseline: number | null;
  /** Ours to the baseline; null: there is none. */
  readonly ratio: number | null;
  /** What it must be, where something was promised: `>= 1000`. */
  readonly goal?: string;
  readonly met?: boolean;
}

export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Judge the ratio to the baseline instead of the value. */
  readonly ofRatio?: boolean;
}

export function measure(name: string, value: number, unit: string, baseline?: number | null, goal?: Goal): Measure {
  const ratio = baseline == null || baseline === 0 ? null : value / baseline;
  const plain = { name, value: rounded(value), unit, baseline: baseline == null ? null : rounded(baseline) };
  const told = { ...plain, ratio: ratio === null ? null : rounded(ratio) };
  if (goal === undefined) return told;
  const judged = goal.ofRatio === true ? (ratio ?? Number.NaN) : value;
  const met = judged >= (goal.atLeast ?? -Infinity) && judged <= (goal.atMost ?? Infinity);
  const of = goal.ofRatio === true ? 'ratio ' : '';
  const text = goal.atLeast === undefined ? `${of}<= ${goal.atMost}` : `${of}>= ${goal.atLeast}`;
  return { ...told, goal: text, met };
}

const rounded = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(4)));

/** The value below which so many of a hundred lie; 0 of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

export function table(measures: readonly Measure[]): string {
  const rows = measures.map((each) => [
    each.name,
    String(each.value),
    each.unit,
    each.baseline === null ? '' : String(each.baseline),
    each.ratio === null ? '' : each.ratio.toFixed(2),
    each.goal ?? '',
    each.met === undefined ? '' : each.met ? 'met' : 'MISSED',
  ]);
  const all = [['measure', 'value', 'unit', 'baseline', 'ratio', 'goal', ''], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Keeps the summary of a bench. */
export const keepSummary = (bench: string, options: readonly string[], measures: readonly Measure[]): string =>
  keepResult(bench, { options, measures });

/** Keeps a result under its name, with what it was found on, and of which commit. Answers the file. */
export function keepResult(name: string, result: object): string {
  const root = new URL('../../', import.meta.url).pathname;
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'agent', 'control-plane', 'proto').length > 0;
  const summary = {
    bench: name,
    commit: git('rev-parse', '--short', 'HEAD') + (changed ? '+changes' : ''),
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    ...result,
  };
  const directory = new URL('./results/', import.meta.url).pathname;
  mkdirSync(directory, { recursive: true });
  const file = `${directory}${name}.json`;
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
  return file;
}
