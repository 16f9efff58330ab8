/** Over SSH, Blue/Green: the next version beside the one that serves, verified there, and then the two change places. */
import type { LongStep } from '../long-form.ts';
import type { PhaseSource } from '../phases.ts';
import type { GeneratedSteps, Generator, SectionContext } from './generator.ts';

export const sshBlueGreen: Generator = {
  forward: [
    { name: 'Prepare Infra', type: 'INFRASTRUCTURE_NODE' },
    { name: 'Deploy Service', type: 'DEPLOY_SERVICE' },
    { name: 'Verify Staging', type: 'VERIFY_SERVICE' },
    { name: 'Swap Routes', type: 'ROUTE_UPDATE' },
    { name: 'Verify Service', type: 'VERIFY_SERVICE' },
    { name: 'Wrap Up', type: 'WRAP_UP' },
  ],
  rollback: [
    { name: 'Swap Routes', type: 'ROUTE_UPDATE', undoes: 'Swap Routes' },
    { name: 'Stop Service', type: 'STOP_SERVICE', undoes: 'Deploy Service' },
    { name: 'Verify Service', type: 'VERIFY_SERVICE', undoes: 'Swap Routes' },
    { name: 'Wrap Up', type: 'WRAP_UP', undoes: null },
  ],
  selects: 'Prepare Infra',
  verifies: 'Verify Staging',
  deploys: 'Deploy Service',
  generate: (phase, context) =>
    phase.workflow.swap === 'directories' ? ofDirectories(phase, context) : ofTraffic(phase, context),
};

type Steps = { readonly forward: GeneratedSteps; readonly rollback: GeneratedSteps };

const installs = ({ commands }: SectionContext): readonly LongStep[] =>
  Object.hasOwn(commands, 'Install') ? [{ command: 'Install' }] : [];

/** Which group is idle is asked when it is deployed to; which was live then is where a rollback gives the traffic back. */
const ofTraffic = (phase: PhaseSource, context: SectionContext): Steps => ({
  forward: {
    'Prepare Infra': [{ 'idle-group': {} }, { 'select-nodes': { group: '${context.traffic.idle}' } }],
    'Deploy Service': installs(context),
    'Verify Staging': phase.verify ?? [],
    'Swap Routes': [{ 'swap-traffic': { to: '${context.traffic.idle}' } }],
  },
  rollback: {
    'Swap Routes': [{ 'swap-traffic': { to: '${context.traffic.live}' } }],
    'Stop Service': Object.hasOwn(context.commands, 'Stop') ? [{ command: 'Stop' }] : [],
  },
});

const ofDirectories = (phase: PhaseSource, context: SectionContext): Steps => ({
  forward: {
    'Prepare Infra': [{ 'select-nodes': { percent: '100%' } }, { 'swap-directories': { direction: 'prepare' } }],
    'Deploy Service': installs(context),
    'Verify Staging': phase.verify ?? [],
    'Swap Routes': [{ 'swap-directories': { direction: 'forward' } }],
  },
  rollback: { 'Swap Routes': [{ 'swap-directories': { direction: 'back' } }] },
});
