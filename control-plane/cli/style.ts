import type { Status } from '@fairlead/proto/model/status.ts';
import { isFailed, isTerminal, isWaiting } from '@fairlead/proto/model/status.ts';

// SGR numbers on and off. Node's own `styleText` looks at the environment by itself, and differently in each release.
const CODES = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  gray: [90, 39],
  bold: [1, 22],
} as const;
type Format = keyof typeof CODES;

/** Colors where they are wanted, plain text elsewhere. */
export interface Style {
  readonly paint: (format: Format, text: string) => string;
}

/** No color without a terminal, nor where NO_COLOR asks for none (no-color.org). */
export function styleFor(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const wanted = stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return { paint: wanted ? colored : (_format, text) => text };
}

function colored(format: Format, text: string): string {
  const [on, off] = CODES[format];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

export function formatOf(status: Status | null): Format {
  if (status === null || status === 'SKIPPED') return 'gray';
  if (status === 'SUCCESS') return 'green';
  if (isFailed(status)) return 'red';
  return isWaiting(status) ? 'yellow' : 'cyan';
}

export function symbolOf(status: Status | null): string {
  if (status === null) return '·';
  if (status === 'SKIPPED') return '–';
  if (status === 'SUCCESS') return '✓';
  if (isFailed(status)) return '✗';
  if (status === 'UNKNOWN') return '?';
  return isTerminal(status) ? '✓' : isWaiting(status) ? '○' : '▸';
}

/** `0.8s`, `12.3s`, `4m 05s`, `2h 10m`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}
