import { command } from '@fairlead/proto/steps/ssh.ts';
import type { PhasePlan, SectionPlan } from '../engine/plan.ts';

const NAME = 'Remove Old Releases';

/**
 * After what commands have put on hosts: a command without units, with which the agent takes away older releases. Whether it
 * can or not, the deployment has succeeded.
 */
export function cleanUpAfter(sections: readonly SectionPlan[]): Pick<PhasePlan, 'cleanUp'> {
  const steps = sections.flatMap((section) => section.steps);
  if (steps.every(({ type }) => type !== command.type)) return {};
  return {
    cleanUp: {
      id: 'cleanup',
      name: 'Clean Up',
      type: 'CLEAN_UP',
      parallel: false,
      steps: [
        {
          id: 'prune',
          name: NAME,
          type: command.type,
          parameters: { command: NAME, units: [] },
          runs: 'hosts',
          timeoutMs: 120_000,
          cancelGraceMs: 1_000,
          waitMs: 0,
          skip: null,
          withPrevious: false,
          selectors: [],
          publish: null,
          artifact: null,
          idempotent: true,
          deploys: false,
        },
      ],
      undoes: null,
      skip: null,
      waitMs: 0,
      failureStrategies: [{ types: [], steps: [], scope: 'PHASE', action: 'IGNORE', retry: null, tolerate: null }],
    },
  };
}
