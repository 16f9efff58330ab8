import type { Execution } from './execution.ts';
import type { Named, RunPlan } from './plan.ts';

/** What people call a lock. Its key is made of ids; the plan has the names they had when it was made. */
export function lockNameOf({ plan }: Execution, run: RunPlan, key: string): string {
  const named: readonly (Named | null)[] = [
    plan.application,
    run.environment,
    ...run.phases.flatMap(({ service, infrastructure }) => [service, infrastructure]),
  ];
  const names = new Map(named.flatMap((each) => (each === null ? [] : [[each.id, each.name] as const])));
  return key
    .split('/')
    .map((id) => names.get(id) ?? id)
    .join('/');
}
