/** Durations as people write them: `90s`, `1h 30m`, `500ms`, `2w` (orchestration 3.4). Milliseconds inside. */
const UNIT_MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof UNIT_MS;
const UNITS = Object.keys(UNIT_MS) as readonly Unit[];

/** No timer may be longer (2^31 − 1 ms, about 24.8 days): beyond it a platform timer fires at once. */
export const MAX_DURATION_MS = 2_147_483_647;

/** Milliseconds, or null when the text is no duration. Needs a unit, except for `0`. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d+(\.\d+)?\s*(ms|[wdhms])\s*)+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[wdhms])/g)) {
    total += Number(amount) * UNIT_MS[unit as Unit];
  }
  return Number.isFinite(total) ? Math.round(total) : null;
}

/** The shortest exact text: `90000` → `1m 30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const parts: string[] = [];
  let rest = Math.round(ms);
  for (const unit of UNITS) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * UNIT_MS[unit];
  }
  return parts.join(' ');
}
