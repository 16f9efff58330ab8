/** Which types of workflow there are for which deployment type (orchestration 2.3), and what each generates. */
import type { WorkflowType } from '../../engine/plan.ts';
import type { LongWorkflow } from '../long-form.ts';
import type { Generator } from './generator.ts';
import { sshBlueGreen } from './ssh-blue-green.ts';
import { sshInstall } from './ssh-install.ts';

type AuthoredType = LongWorkflow['type'];

const GENERATORS: Readonly<Record<DeploymentType, Readonly<Partial<Record<AuthoredType, Generator>>>>> = {
  ssh: {
    basic: sshInstall,
    rolling: sshInstall,
    canary: sshInstall,
    'multi-service': sshInstall,
    'blue-green': sshBlueGreen,
  },
};

export type DeploymentType = 'ssh';

/** Of a service's type: `ssh` of `ssh/tar`. */
export const deploymentTypeOf = (service: { readonly type: string }): DeploymentType =>
  // The schema knows no other types.
  service.type.slice(0, service.type.indexOf('/')) as DeploymentType;

export const generatorOf = (type: AuthoredType, deployment: DeploymentType): Generator | undefined =>
  GENERATORS[deployment][type];

export const typesFor = (deployment: DeploymentType): readonly string[] => Object.keys(GENERATORS[deployment]);

/** What the plan calls them. */
export const RUN_TYPES: Readonly<Record<AuthoredType, WorkflowType>> = {
  basic: 'BASIC',
  rolling: 'ROLLING',
  canary: 'CANARY',
  'blue-green': 'BLUE_GREEN',
  'multi-service': 'MULTI_SERVICE',
  build: 'BUILD',
};
