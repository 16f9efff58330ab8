/** Whether a workflow runs the provisioner that makes the hosts of its infrastructure (orchestration 1.8). */
import type { Entity } from './catalog.ts';
import type { LongWorkflow } from './long-form.ts';
import { readStep } from './normalize-steps.ts';

export interface Lacking {
  readonly reason: string;
  readonly mend: string;
}

/** Null: it does, or its hosts are listed. */
export function lacksProvisioner(workflow: LongWorkflow, { name, spec }: Entity<'infrastructure'>): Lacking | null {
  if (spec.hostsFrom === undefined) return null;
  const { provisioner } = spec.hostsFrom;
  const steps = (workflow.before?.steps ?? []).flatMap((step) => readStep(step) ?? []);
  const runs = steps.some(
    ({ entry, parameters }) => entry.key === 'provision' && parameters['provisioner'] === provisioner,
  );
  if (runs) return null;
  const gets = `the infrastructure '${name}' gets its hosts from the provisioner '${provisioner}'`;
  return WITH_PROVISIONERS.includes(workflow.type)
    ? { reason: `${gets}, and no step of this workflow runs it`, mend: `Add before: [{ provision: ${provisioner} }].` }
    : {
        reason: `${gets}, and ${workflow.type} workflows run none`,
        mend: `Choose another infrastructure, or type: ${WITH_PROVISIONERS.join(' or ')}.`,
      };
}

/** Where provisioners are allowed (orchestration 2.3). */
export const WITH_PROVISIONERS: readonly LongWorkflow['type'][] = ['canary', 'multi-service'];
