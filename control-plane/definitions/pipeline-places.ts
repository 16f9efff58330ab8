/** The members of a pipeline in their order, and which of them can be planned before it starts. */
import type { Catalog } from './catalog.ts';
import { workflowOf, type ChosenPipeline, type Member } from './pipeline-request.ts';

export interface Place {
  readonly member: Member;
  /** Number of its stage, and its own over all stages. */
  readonly stage: number;
  readonly number: number;
}

/** The members of all stages, in order. */
export function placesOf({ complete }: ChosenPipeline): readonly Place[] {
  let number = 0;
  return complete.stages.flatMap((stage, index) =>
    stage.members.map((member) => ({ member, stage: index, number: (number += 1) })),
  );
}

/** Not what a person or a build before it has a say in, nor what never runs. */
export function isPlannedAtStart(catalog: Catalog, chosen: ChosenPipeline, { member, stage }: Place): boolean {
  if (member.workflow === undefined || member.skip === 'always' || member.ask !== undefined) return false;
  return !placesOf(chosen).some((each) => each.stage < stage && builds(catalog, chosen, each.member));
}

const builds = (catalog: Catalog, chosen: ChosenPipeline, member: Member): boolean => {
  const type: string | undefined = workflowOf(catalog, chosen, member)?.spec.type;
  return type === 'build';
};
