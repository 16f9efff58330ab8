import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Run } from '../execution.ts';
import type { Turn } from '../turn.ts';

/** Ends every node of a run that is still open, innermost first, so that no ended parent has an open child. */
export function closeOpenNodes(turn: Turn, run: Run, status: Status): void {
  for (const phase of run.phases) {
    if (isTerminal(phase.status)) continue;
    for (const section of phase.sections) {
      if (isTerminal(section.status)) continue;
      for (const step of section.steps) {
        if (isTerminal(step.status)) continue;
        turn.emit({ event: 'StepEnded', stepId: step.id, status, failure: null, skipped: null });
      }
      turn.emit({ event: 'SectionEnded', sectionId: section.id, status });
    }
    turn.emit({ event: 'PhaseEnded', phaseId: phase.id, status });
  }
}
