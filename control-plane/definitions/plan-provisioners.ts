import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { SectionPlan, StepPlan } from '../engine/plan.ts';
import type { LongProvisioner } from './provisioner.ts';

/** What takes back the provisioners of pre-deployment: under the ids of their steps, with the same inputs. */
export function undoOf(
  pre: SectionPlan | null,
  provisioners: Readonly<Record<string, LongProvisioner>>,
): SectionPlan | null {
  const steps = (pre?.steps ?? []).flatMap((step): readonly StepPlan[] => {
    if (step.type !== 'PROVISIONER') return [];
    const parameters = step.parameters as JsonObject; // The catalog's schemas are all objects.
    const script = provisioners[String(parameters['provisioner'])]?.destroy;
    if (script === undefined) return [];
    const alone = { skip: null, waitMs: 0, withPrevious: false, publish: null };
    return [
      { ...step, ...alone, name: `Destroy ${step.name}`, parameters: { ...parameters, action: 'DESTROY', script } },
    ];
  });
  if (steps.length === 0) return null;
  const place = { id: 'undo', name: 'Rollback Provisioners', type: 'ROLLBACK_PROVISIONERS', undoes: 'pre' };
  return { ...place, parallel: false, steps, skip: null, waitMs: 0, failureStrategies: [] };
}
