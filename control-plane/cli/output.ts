/** Results on standard output in the one of three forms that was asked for. */
import { stringify } from 'yaml';

export const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

export type Row = readonly (string | number | null)[];

/** `table` is made only where it is shown. */
export function present(format: Format, value: unknown, table: () => string): void {
  const text =
    format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : format === 'yaml' ? stringify(value) : table();
  process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

/** Columns as wide as their widest cell; `nothing` stands for an empty table. */
export function tableOf(heads: readonly string[], rows: readonly Row[], nothing: string): string {
  if (rows.length === 0) return nothing;
  const cells = [heads, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** `2026-01-31 12:00:05`, local time. */
export function timeText(at: number | null): string {
  if (at === null) return '-';
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
