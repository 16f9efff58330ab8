/** What a workflow of a type generates for services of a deployment type: one file per pair that differs. */
import type { LongStep, LongUnit } from '../long-form.ts';
import type { PhaseSource } from '../phases.ts';

/** What the sections are made for. */
export interface SectionContext {
  /** Of the service, completed; of a service chosen later: every command there may be. */
  readonly commands: Readonly<Record<string, readonly LongUnit[]>>;
  readonly hasArtifact: boolean;
}

export interface ForwardSection {
  readonly name: string;
  /** Section type as orchestration 2.4 names it. */
  readonly type: string;
}

export interface RollbackSection extends ForwardSection {
  /** Runs only when this forward section was reached; null: always. */
  readonly undoes: string | null;
}

/** By section; one that is absent has no steps of its own. */
export type GeneratedSteps = Readonly<Record<string, readonly LongStep[]>>;

export interface Generator {
  /** In the order in which they run. Authors override a section, and its steps, by its name. */
  readonly forward: readonly ForwardSection[];
  readonly rollback: readonly RollbackSection[];
  /** Where `hosts` and `batch` go; null: this type selects no hosts. */
  readonly selects: string | null;
  /** Where `verify` goes. */
  readonly verifies: string;
  /** Where something has to be deployed, or the workflow is unfinished. */
  readonly deploys: string;
  /**
   * Steps for the sections of one phase, in the long form, without the defaults of the steps themselves. It depends on
   * nothing but its arguments; what is written for a section replaces what is generated for it.
   */
  generate(phase: PhaseSource, context: SectionContext): { forward: GeneratedSteps; rollback: GeneratedSteps };
}
