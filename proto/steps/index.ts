import { approval } from './approval.ts';
import { artifactCollection } from './artifact-collection.ts';
import { swapDirectories } from './directories.ts';
import { barrier, resourceConstraint } from './flow.ts';
import { http, shellScript } from './general.ts';
import { balance, idleGroup, swapTraffic } from './load-balancer.ts';
import { provisioner } from './provisioner.ts';
import { scriptApproval } from './script-approval.ts';
import { selectNodes } from './select-nodes.ts';
import { command } from './ssh.ts';
import type { StepType } from './step-type.ts';

/** Every step type there is. Rows are added, never removed or renamed: journals name them. */
export const STEP_TYPES: readonly StepType[] = [
  selectNodes,
  command,
  shellScript,
  http,
  barrier,
  artifactCollection,
  idleGroup,
  swapTraffic,
  balance,
  swapDirectories,
  resourceConstraint,
  provisioner,
  approval,
  scriptApproval,
];

export const stepType = (type: string): StepType | undefined => STEP_TYPES.find((each) => each.type === type);
export const stepTypeByKey = (key: string): StepType | undefined => STEP_TYPES.find((each) => each.key === key);
