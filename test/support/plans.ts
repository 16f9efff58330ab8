/** Small plans for tests of the engine: every field can be set, nothing is read from files. */
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type {
  FailureStrategy,
  PhasePlan,
  Plan,
  RunPlan,
  SectionPlan,
  StepPlan,
} from '../../control-plane/engine/plan.ts';

export const hostNamed = (name: string): HostTarget => ({
  name,
  address: '127.0.0.1',
  port: 22,
  login: { user: 'deploy' },
  hostKey: null,
  variables: {},
});

export const hostNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `h${index + 1}`);

export const stepPlan = (id: string, more: Partial<StepPlan> = {}): StepPlan => ({
  id,
  name: id,
  type: 'SHELL_SCRIPT',
  parameters: { script: 'true', shell: 'sh', on: 'hosts', outputs: {} },
  runs: 'hosts',
  timeoutMs: 60_000,
  cancelGraceMs: 1_000,
  waitMs: 0,
  skip: null,
  withPrevious: false,
  selectors: [],
  publish: null,
  artifact: null,
  idempotent: false,
  deploys: true,
  ...more,
});

export const selectStep = (parameters: StepPlan['parameters'] = {}): StepPlan =>
  stepPlan('select', { type: 'SELECT_NODES', parameters, runs: 'decided', idempotent: true, deploys: false });

export const agentStep = (id: string, more: Partial<StepPlan> = {}): StepPlan =>
  stepPlan(id, {
    parameters: { script: 'true', shell: 'sh', on: 'agent', outputs: {} },
    runs: 'agent',
    deploys: false,
    ...more,
  });

export const sectionPlan = (id: string, steps: readonly StepPlan[], more: Partial<SectionPlan> = {}): SectionPlan => ({
  id,
  name: id,
  type: 'DEPLOY_SERVICE',
  parallel: false,
  steps,
  undoes: null,
  skip: null,
  waitMs: 0,
  failureStrategies: [],
  ...more,
});

export const phasePlan = (id: string, sections: readonly SectionPlan[], more: Partial<PhasePlan> = {}): PhasePlan => ({
  id,
  name: `Phase ${id}`,
  deploymentType: 'SSH',
  service: { id: 'svc', name: 'web', artifactType: 'TAR' },
  infrastructure: { id: 'inf', name: 'dc1' },
  mapping: 'app/env/inf/svc',
  hosts: hostNames(2).map(hostNamed),
  selectors: [],
  families: { service: { name: 'web' } },
  environment: {},
  paths: { runtime: '$HOME/runtime', backup: '$HOME/backup', staging: '$HOME/staging' },
  configFiles: [],
  artifact: null,
  rollbackArtifact: null,
  rolling: false,
  sections,
  rollback: [],
  ...more,
});

export const rollbackOnAnything: FailureStrategy = {
  types: [],
  steps: [],
  scope: 'WORKFLOW',
  action: 'ROLLBACK_WORKFLOW',
  retry: null,
  tolerate: null,
};

export const runPlan = (phases: readonly PhasePlan[], more: Partial<RunPlan> = {}): RunPlan => ({
  id: 'run',
  workflow: { id: 'wf', name: 'ship' },
  type: 'BASIC',
  environment: { id: 'env', name: 'prod', type: 'PRODUCTION' },
  families: { env: { name: 'prod' }, workflow: { name: 'ship', variables: {} } },
  pre: null,
  phases,
  post: null,
  failureStrategies: [rollbackOnAnything],
  lock: null,
  ...more,
});

export const plan = (runs: readonly RunPlan[], more: Partial<Plan> = {}): Plan => ({
  executionId: 'x1',
  kind: 'WORKFLOW',
  application: { id: 'app', name: 'shop' },
  name: 'ship',
  definition: { revision: 1, hash: 'h' },
  actor: 'tester',
  stages: [{ id: 's1', name: 'ship', runs }],
  ...more,
});

interface Simple {
  readonly run?: Partial<RunPlan>;
  readonly phase?: Partial<PhasePlan>;
  /** More of its steps, by name. */
  readonly steps?: Readonly<Partial<Record<'install' | 'check' | 'undo', Partial<StepPlan>>>>;
}

/** One phase: select hosts, run `install` on each, `check` on the agent; its rollback runs `undo` on each touched host. */
export const simplePlan = (more: Simple = {}): Plan =>
  plan([
    runPlan(
      [
        phasePlan(
          'p1',
          [
            sectionPlan('infra', [selectStep({ percent: 100, exclude: true })]),
            sectionPlan('deploy', [stepPlan('install', more.steps?.install)]),
            sectionPlan('verify', [agentStep('check', more.steps?.check)]),
          ],
          {
            rollback: [sectionPlan('undo-deploy', [stepPlan('undo', more.steps?.undo)], { undoes: 'deploy' })],
            ...more.phase,
          },
        ),
      ],
      more.run,
    ),
  ]);

/** One phase on `h1` with these sections, nothing to roll back. */
export const onePhase = (
  sections: readonly SectionPlan[],
  more: { readonly run?: Partial<RunPlan>; readonly phase?: Partial<PhasePlan> } = {},
): Plan => plan([runPlan([phasePlan('p1', sections, { hosts: [hostNamed('h1')], ...more.phase })], more.run)]);

/** One step, `install` in section `deploy`, on `h1`. */
export const oneStep = (step: Partial<StepPlan> = {}, section: Partial<SectionPlan> = {}): Plan =>
  onePhase([sectionPlan('deploy', [stepPlan('install', step)], section)]);

/** The first attempt of that step. */
export const ATTEMPT = 'x1/run/p1.0/deploy/install@h1#1';

export const retryTimes = (count: number, ...intervalsMs: readonly number[]): FailureStrategy => ({
  ...rollbackOnAnything,
  action: 'RETRY',
  retry: { count, intervalsMs },
});

export const onFailure = (action: FailureStrategy['action'], more: Partial<FailureStrategy> = {}): FailureStrategy => ({
  ...rollbackOnAnything,
  action,
  ...more,
});
