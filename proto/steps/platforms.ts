/**
 * What each kind of deployment can take back on request, by the kind of its workflow (orchestration 10.5, 10.6). The one
 * place: the engine, the control plane and the page refuse with what stands here. What fails by itself is rolled back
 * everywhere, as far as the workflow has rollback steps.
 */
interface PlatformRow {
  readonly title: string;
  /** Types of workflows, as in the plan. */
  readonly rollback: { readonly running: readonly string[]; readonly afterSuccess: readonly string[] };
}

const SINGLE_SERVICE = ['BASIC', 'ROLLING', 'CANARY', 'BLUE_GREEN'];

const PLATFORMS: Readonly<Record<string, PlatformRow>> = {
  SSH: { title: 'SSH', rollback: { running: [...SINGLE_SERVICE, 'MULTI_SERVICE'], afterSuccess: SINGLE_SERVICE } },
};

const words = (type: string): string => type.toLowerCase().replaceAll('_', '-');

/** Why it cannot be taken back on request; null when it can. */
export function rollbackRefusal(
  deploymentType: string,
  workflowType: string,
  when: 'running' | 'afterSuccess',
): string | null {
  const platform = PLATFORMS[deploymentType];
  if (platform === undefined) return `a deployment of type ${deploymentType} cannot be rolled back on request`;
  const can = platform.rollback[when];
  if (can.includes(workflowType)) return null;
  const moment = when === 'running' ? 'while it runs' : 'after its success';
  return `a ${words(workflowType)} workflow over ${platform.title} cannot be rolled back ${moment}; what can: ${can.map(words).join(', ')}`;
}
