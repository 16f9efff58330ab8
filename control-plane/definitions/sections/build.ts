/** A build workflow deploys nothing: it has two sections, no service, no hosts and no rollback (orchestration 2.4). */
import { completeSection, completeSteps, type Sections } from '../default-sections.ts';
import type { LongStep, LongWorkflow } from '../long-form.ts';

export const BUILD_SECTIONS = [
  { name: 'Prepare Steps', type: 'PREPARE_STEPS' },
  { name: 'Collect Artifact', type: 'COLLECT_ARTIFACT' },
] as const;

export function buildSections({ sections = {}, collect = [] }: LongWorkflow): Sections {
  const generated: Readonly<Record<string, readonly LongStep[]>> = {
    'Collect Artifact': collect.map((service) => ({ collect: { service } })),
  };
  return Object.fromEntries(
    BUILD_SECTIONS.map(({ name }) => {
      const own = sections[name] ?? {};
      const steps = own.steps ?? generated[name] ?? [];
      return [name, completeSection(own, completeSteps(steps, { commands: {}, hasArtifact: false }))];
    }),
  );
}
