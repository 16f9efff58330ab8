/** Which builds there are: asked of an agent, because only agents reach the artifact sources. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentAnswer, ArtifactRef, ArtifactSource } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Need } from '../definitions/plan.ts';
import { unknownBuild } from '../definitions/plan-phase.ts';
import type { Bus } from '../ports/bus.ts';
import type { AgentDirectory } from './agent-directory.ts';

/** Listing may mean running somebody's script. Milliseconds. */
const LIST_MS = 60_000;

/** Newest first. */
export type Build = Pick<ArtifactRef, 'build' | 'fileName' | 'location' | 'sha256' | 'metadata'>;

export class Builds {
  readonly #bus: Bus;
  readonly #agents: AgentDirectory;

  constructor(bus: Bus, agents: AgentDirectory) {
    this.#bus = bus;
    this.#agents = agents;
  }

  async list(source: ArtifactSource, selectors: readonly string[]): Promise<readonly Build[]> {
    const choice = this.#agents.choose({ type: 'COMMAND', selectors, avoid: [] });
    if ('none' in choice) throw new FailureError(choice.none);
    if ('busy' in choice) throw new FailureError(failure('OVERLOADED', 'every agent that could list builds is busy'));
    const request = { kind: 'query', query: 'artifactVersions', arguments: { source } } as unknown as JsonObject;
    const reply = await this.#bus.request(subjects.agent(choice.chosen.agentId), request, LIST_MS);
    const answer = reply as unknown as AgentAnswer;
    if (answer.answer === 'result') return answer.value as unknown as readonly Build[]; // The agent's own words.
    const why =
      answer.answer === 'refused' ? answer.failure : failure('ARTIFACT_UNAVAILABLE', 'the agent cannot list builds');
    throw new FailureError(why);
  }

  /** The build that was asked for, or the newest; NO_ARTIFACT says which exist. */
  async resolve(need: Need): Promise<ArtifactRef> {
    const builds = await this.list(need.source, need.selectors);
    const found = need.build === null ? builds[0] : builds.find((each) => each.build === need.build);
    if (found === undefined) {
      throw new FailureError(
        unknownBuild(
          need.service,
          need.build,
          builds.map((each) => each.build),
        ),
      );
    }
    const { build, fileName, location, sha256, metadata } = found;
    return { service: need.service, source: need.source, build, fileName, location, sha256, metadata };
  }
}
