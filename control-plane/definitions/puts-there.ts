/** Which steps of a plan put a build on a host: what ran there before does not run any more, and a rollback may go back to it. */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { command, commandParameters, type CommandUnit } from '@fairlead/proto/steps/ssh.ts';
import type { SectionPlan, StepPlan } from '../engine/plan.ts';

const BRINGING: ReadonlySet<CommandUnit['unit']> = new Set(['SCP', 'DOWNLOAD_ARTIFACT', 'DOCKER_START']);
/** What names the build it works with has made it run, or ready to; unless it is the one that stops it. */
const NAMES_BUILD = /\$\{artifact\.|ARTIFACT_FILE_NAME/;

/** A command that only stops, restarts or looks at what is there deploys nothing, whichever build was chosen. */
export const onlyWhatBrings = (section: SectionPlan): SectionPlan => ({
  ...section,
  steps: section.steps.map((step) => (brings(step) ? step : { ...step, deploys: false })),
});

function brings({ type, parameters }: StepPlan): boolean {
  if (type !== command.type) return true;
  const { command: name, units } = commandParameters.parse(parameters);
  if (name === 'Install' || units.some(({ unit }) => BRINGING.has(unit))) return true;
  return name !== 'Stop' && NAMES_BUILD.test(JSON.stringify(parameters as JsonObject));
}
