/** Random small plans, and random things that can happen to an execution. */
import fc from 'fast-check';
import type {
  FailureStrategy,
  PhasePlan,
  Plan,
  RunPlan,
  SectionPlan,
  StepPlan,
} from '../../control-plane/engine/plan.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  onFailure,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from './plans.ts';

const usually = <T>(value: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(value, ...others) });

const strategy: fc.Arbitrary<FailureStrategy> = fc.oneof(
  fc
    .constantFrom('IGNORE', 'MARK_SUCCESS', 'ROLLBACK_PHASE', 'END_EXECUTION', 'ABORT', 'MANUAL_INTERVENTION')
    .map((action: FailureStrategy['action']) => onFailure(action)),
  fc.constantFrom(
    retryTimes(1),
    retryTimes(2, 300, 700),
    onFailure('IGNORE', { types: ['CONNECTIVITY'] }),
    onFailure('ROLLBACK_WORKFLOW', { tolerate: { percent: 50 } }),
    { ...retryTimes(1), tolerate: { count: 1 } },
    onFailure('MANUAL_INTERVENTION', { manual: { timeoutMs: 2_000, afterTimeout: 'IGNORE' } }),
  ),
);
const strategies = fc.oneof(
  { weight: 3, arbitrary: fc.constant<readonly FailureStrategy[]>([]) },
  { weight: 2, arbitrary: fc.array(strategy, { minLength: 1, maxLength: 2 }) },
);

const skip = usually<string | null>(null, 'true', 'false', '${workflow.nothing} == 1');

const steps: fc.Arbitrary<readonly StepPlan[]> = fc
  .array(
    fc.record({
      onHosts: fc.boolean(),
      withPrevious: fc.boolean(),
      skip,
      waitMs: usually(0, 400),
      timeoutMs: fc.constantFrom(1_000, 60_000),
      idempotent: fc.boolean(),
      publish: usually<StepPlan['publish']>(
        null,
        { name: 'facts', scope: 'WORKFLOW' },
        { name: '${nothing}', scope: 'PHASE' },
      ),
      artifact: usually<StepPlan['artifact']>(null, 'rollback', 'current'),
    }),
    { maxLength: 3 },
  )
  .map((all) =>
    all.map(({ onHosts, ...more }, index) => (onHosts ? stepPlan(`t${index}`, more) : agentStep(`t${index}`, more))),
  );

const section = fc.record({
  steps,
  parallel: fc.boolean(),
  skip,
  waitMs: usually(0, 600),
  failureStrategies: strategies,
});
const sections = (prefix: string, maxLength: number): fc.Arbitrary<readonly SectionPlan[]> =>
  fc
    .array(section, { maxLength })
    .map((all) => all.map(({ steps: its, ...more }, index) => sectionPlan(`${prefix}${index}`, its, more)));

const select: fc.Arbitrary<readonly SectionPlan[]> = fc
  .constantFrom<StepPlan['parameters'] | null>(
    null,
    { percent: 100 },
    { percent: 40 },
    { count: 1 },
    { count: 1, exclude: false },
  )
  .map((parameters) => (parameters === null ? [] : [sectionPlan('infra', [selectStep(parameters)])]));

const phase: fc.Arbitrary<PhasePlan> = fc
  .record({
    first: select,
    forward: sections('s', 3),
    rollback: sections('r', 2),
    hosts: fc.integer({ min: 1, max: 3 }),
    rolling: fc.boolean(),
  })
  .map(({ first, forward, rollback, hosts, rolling }) =>
    phasePlan('p', [...first, ...forward], {
      hosts: hostNames(hosts).map(hostNamed),
      rolling,
      rollback: rollback.map((each, index) => ({ ...each, undoes: forward[index]?.id ?? null })),
    }),
  );

const optionalSection = (id: string): fc.Arbitrary<SectionPlan | null> =>
  fc.option(
    section.map(({ steps: its, ...more }) =>
      sectionPlan(
        id,
        its.map((step) => agentStep(step.id)),
        more,
      ),
    ),
    { freq: 1 },
  );

const run: fc.Arbitrary<RunPlan> = fc
  .record({
    phases: fc.array(phase, { maxLength: 2 }),
    pre: optionalSection('pre'),
    post: optionalSection('post'),
    failureStrategies: strategies,
    lock: fc.constantFrom(null, { keys: ['k'], queueLimit: 2, timeoutMs: 5_000 }),
  })
  .map(({ phases, ...more }) =>
    runPlan(
      phases.map((each, index) => ({ ...each, id: `p${index}` })),
      more,
    ),
  );

export const anyPlan: fc.Arbitrary<Plan> = fc
  .array(fc.array(run, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
  .map((stages) =>
    plan([], {
      kind: 'PIPELINE',
      stages: stages.map((runs, index) => ({
        id: `s${index}`,
        name: `stage ${index}`,
        runs: runs.map((each, number) => ({ ...each, id: `w${index}${number}` })),
      })),
    }),
  );

/** The more often named, the more often drawn. */
const KINDS = [
  ...Array.from({ length: 12 }, () => 'obey' as const),
  ...Array.from({ length: 6 }, () => 'succeed' as const),
  ...Array.from({ length: 3 }, () => 'fail' as const),
  'lose',
  'lose',
  'find',
  'learn',
  'release',
  'refuse',
  'nobody',
  'note',
  'queue',
  'double',
  'double',
  'stale',
  'stranger',
  'due',
  'due',
  'due',
  'later',
  'backwards',
  'driver',
  'intervene',
  'intervene',
  'pause',
  'resume',
  'resume',
] as const;
const RARE = ['abort', 'abortOne', 'rollback', 'rollbackOne', 'park'] as const;

/** Something that happens; `pick` says to which of the things there are. */
const move = <K extends string>(kinds: readonly K[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(1_000) });

export const anyMoves = fc.array(
  fc.oneof({ weight: 40, arbitrary: move(KINDS) }, { weight: 1, arbitrary: move(RARE) }),
  { maxLength: 80, size: 'max' },
);
