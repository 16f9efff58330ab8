/** What a stage asks a person for when it is reached (orchestration 6.4). */
export interface InputsPlan {
  readonly variables: readonly InputVariable[];
  readonly timeoutMs: number;
  readonly onTimeout: 'END' | 'DEFAULTS';
  /** Who is told. */
  readonly groups: readonly string[];
}

export interface InputVariable {
  readonly name: string;
  readonly type: 'text' | 'number' | 'email' | 'service' | 'environment' | 'infrastructure';
  readonly required: boolean;
  /** What is taken when nobody gives it another; null: nothing. */
  readonly default: string | null;
  readonly values: readonly string[];
  /** The whole value must match. Absent: anything does, or planned by a release that did not tell. */
  readonly pattern?: string;
  readonly description: string;
}
