import { z } from 'zod';
import { balancer } from './load-balancer.ts';
import { text, type StepType } from './step-type.ts';

export const swapDirectoriesParameters = z.object({
  /** Two symbolic links; each names one of two directories, and they change places. */
  live: text,
  stage: text,
  /** `prepare` makes what is missing; `back` takes back what `forward` did under the same mark, and does nothing where it did nothing. */
  direction: z.enum(['prepare', 'forward', 'back']).default('forward'),
  /** Of the deployment: what was swapped is known by it. */
  mark: z.string().regex(/^[A-Za-z0-9_.-]+$/, 'letters, digits, . _ and - only'),
  /** Runs in the live directory once it is another one: what serves it may have to be told. */
  then: text.optional(),
  /** Each host is out of it while it is swapped, one host after another. */
  balancer: balancer.optional(),
  healthyWithinMs: z.number().int().nonnegative().default(30_000),
  drainForMs: z.number().int().nonnegative().default(30_000),
});
export type SwapDirectoriesParameters = z.infer<typeof swapDirectoriesParameters>;

export const swapDirectories: StepType = {
  type: 'SWAP_DIRECTORIES',
  key: 'swap-directories',
  title: 'Swap Directories',
  summary: 'Makes the stage directory of each selected host the live one, and the live one the stage.',
  parameters: swapDirectoriesParameters,
  shortForm: 'direction',
  runs: 'hosts',
  idempotent: true,
  deploys: true,
  defaultTimeoutMs: 60_000,
  onAgent: [],
};
