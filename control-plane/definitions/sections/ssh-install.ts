/** Over SSH: Basic, every batch of Rolling, every phase of Canary and Multi-Service (orchestration 2.4). */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { PhaseSource } from '../phases.ts';
import type { Generator } from './generator.ts';

export const sshInstall: Generator = {
  forward: [
    { name: 'Prepare Infra', type: 'INFRASTRUCTURE_NODE' },
    { name: 'Disable Service', type: 'DISABLE_SERVICE' },
    { name: 'Deploy Service', type: 'DEPLOY_SERVICE' },
    { name: 'Enable Service', type: 'ENABLE_SERVICE' },
    { name: 'Verify Service', type: 'VERIFY_SERVICE' },
    { name: 'Wrap Up', type: 'WRAP_UP' },
  ],
  // Rollback works on the hosts of the phase it undoes, so it selects none.
  rollback: [
    { name: 'Disable Service', type: 'DISABLE_SERVICE', undoes: 'Enable Service' },
    { name: 'Stop Service', type: 'STOP_SERVICE', undoes: 'Deploy Service' },
    { name: 'Deploy Service', type: 'DEPLOY_SERVICE', undoes: 'Deploy Service' },
    { name: 'Enable Service', type: 'ENABLE_SERVICE', undoes: 'Disable Service' },
    { name: 'Verify Service', type: 'VERIFY_SERVICE', undoes: 'Deploy Service' },
    { name: 'Wrap Up', type: 'WRAP_UP', undoes: null },
  ],
  selects: 'Prepare Infra',
  verifies: 'Verify Service',
  deploys: 'Deploy Service',
  generate: (phase, { commands }) => {
    const has = (name: string): boolean => Object.hasOwn(commands, name);
    return {
      forward: {
        'Prepare Infra': [{ 'select-nodes': selection(phase) }],
        'Deploy Service': has('Install') ? [{ command: 'Install' }] : [],
        'Verify Service': phase.verify ?? [],
      },
      rollback: {
        'Stop Service': has('Stop') ? [{ command: 'Stop' }] : [],
        'Deploy Service': has('Install') ? [{ command: 'Install' }] : [],
      },
    };
  },
};

/** What `hosts` and `batch` mean; a rolling workflow takes host after host, any other every host. */
function selection({ workflow, hosts, batch }: PhaseSource): JsonObject {
  const chosen = workflow.type === 'rolling' ? (batch ?? '1') : (hosts ?? '100%');
  if (typeof chosen !== 'string') return { hosts: chosen };
  return chosen.endsWith('%') ? { percent: chosen } : { count: chosen };
}
