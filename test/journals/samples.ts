/** What is frozen, by name: add one for what a journal can newly hold. How: README.md. */
import type { Samples } from './frozen-journal.ts';
import { deployments } from './samples/deployments.ts';
import { failures } from './samples/failures.ts';
import { oneWorkflow } from './samples/one-workflow.ts';
import { pipelines } from './samples/pipelines.ts';
import { waits } from './samples/waits.ts';

export const SAMPLES: Samples = { ...oneWorkflow, ...deployments, ...failures, ...waits, ...pipelines };
