/** Two executions side by side. */
import type { ExecutionId } from './model/ids.ts';
import type { Status } from './model/status.ts';

export interface DiffSide {
  readonly executionId: ExecutionId;
  readonly application: string;
  readonly name: string;
  readonly kind: 'WORKFLOW' | 'PIPELINE';
  readonly status: Status;
  readonly actor: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly durationMs: number | null;
  readonly revision: number;
}

/** Null: it is not there. */
export interface ValueDiff {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface StepSide {
  readonly status: Status;
  readonly durationMs: number | null;
  readonly attempts: number;
}

/** What one of two executions did where the other did otherwise. */
export interface Parting {
  readonly seq: number;
  readonly at: number;
  readonly input: string;
  readonly actor: string | null;
  readonly event: string;
  readonly node: string | null;
  readonly text: string;
}

/** Two executions side by side: only what differs, but for the steps, which are all there with their durations. */
export interface ExecutionDiff {
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly definition: readonly {
    readonly kind: string;
    readonly name: string;
    readonly change: 'CHANGED' | 'ONLY_A' | 'ONLY_B';
    readonly paths: readonly { readonly path: string; readonly a: string | null; readonly b: string | null }[];
  }[];
  readonly artifacts: readonly ValueDiff[];
  readonly variables: readonly ValueDiff[];
  readonly hosts: readonly {
    readonly phase: string;
    readonly onlyA: readonly string[];
    readonly onlyB: readonly string[];
  }[];
  readonly outputs: readonly ValueDiff[];
  readonly steps: readonly {
    readonly node: string;
    readonly name: string;
    readonly a: StepSide | null;
    readonly b: StepSide | null;
  }[];
  /** The first thing decided otherwise; null: they decided the same from beginning to end. */
  readonly decisions: { readonly where: string | null; readonly a: Parting | null; readonly b: Parting | null } | null;
}

/** Less than a second, or less than half as long again, is how machines are. */
export function isToldApart({ a, b }: ExecutionDiff['steps'][number]): boolean {
  if (a?.status !== b?.status || a?.attempts !== b?.attempts) return true;
  const [shorter = 0, longer = 0] = [a?.durationMs ?? 0, b?.durationMs ?? 0].toSorted((one, other) => one - other);
  return longer - shorter >= 1_000 && longer >= 1.5 * shorter;
}
