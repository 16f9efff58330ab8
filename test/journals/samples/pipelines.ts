/** Pipelines: stages and their copies, approvals, inputs, taking back, going on. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { catalogOf } from '../../../control-plane/definitions/catalog-fixture.ts';
import { artifact } from '../../../control-plane/definitions/plan-fixture.ts';
import type { InputsPlan } from '../../../control-plane/engine/inputs-plan.ts';
import type { Plan, RunPlan, StagePlan } from '../../../control-plane/engine/plan.ts';
import { answerApproval } from '../../support/people.ts';
import { planned } from '../../support/planned.ts';
import { agentStep, onePhase, phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../support/plans.ts';
import { failed, Play, succeeded } from '../../support/play.ts';
import type { Samples } from '../frozen-journal.ts';
import { example } from './deployments.ts';

/** QA, a person, then two regions that meet at a barrier. */
const release = (): Play => new Play(planned(catalogOf(example('pipeline')), 'release')).run();

const stage = (id: string, ...runs: readonly RunPlan[]): StagePlan => ({ id, name: `Stage ${id}`, runs });
const pipeline = (stages: readonly StagePlan[], more: Partial<Plan> = {}): Plan =>
  plan([], { kind: 'PIPELINE', stages, ...more });
const run = (id: string, more: Partial<RunPlan> = {}): RunPlan => {
  const rollback = [sectionPlan('back', [stepPlan('undo')], { undoes: 'work' })];
  return runPlan([phasePlan('p1', [sectionPlan('work', [stepPlan('install'), agentStep('do')])], { rollback })], {
    id,
    name: id,
    ...more,
  });
};

const asks = (onTimeout: InputsPlan['onTimeout']): InputsPlan => ({
  variables: [
    { name: 'to', type: 'environment', required: true, default: 'qa', values: [], description: '' },
    { name: 'note', type: 'text', required: false, default: 'none', values: [], description: '' },
  ],
  timeoutMs: 5_000,
  onTimeout,
  groups: ['release'],
});
/** The second stage asks for inputs, and is planned when it has them. */
const asking = (onTimeout: InputsPlan['onTimeout']): Play => {
  const later = runPlan([], { id: 'b', deferred: true, inputs: asks(onTimeout) });
  return new Play(pipeline([stage('s1', run('a')), stage('s2', later)])).run();
};

export const pipelines: Samples = {
  'pipeline-released': () => answerApproval(release(), 'APPROVE').finish(),
  'pipeline-rejected': () => answerApproval(release(), 'REJECT', 'not today').finish(),
  /** Approving it rejects what waits in older executions. */
  'approval-rejects-others': () => {
    const parameters = { groups: ['ops'], inputs: { version: '1' }, autoReject: true };
    const publish = { name: 'signoff', scope: 'WORKFLOW' } as const;
    const ok = stepPlan('ok', { type: 'APPROVAL', runs: 'decided', deploys: false, parameters, publish });
    return answerApproval(new Play(onePhase([sectionPlan('gate', [ok])])).run(), 'APPROVE', 'fine').finish();
  },

  'pipeline-nobody-approves': () => release().wait().finish(),

  /** The other region fails at the barrier, and QA is taken back. */
  'pipeline-one-region-fails': () =>
    answerApproval(release(), 'APPROVE').finish((id) =>
      id.includes('/r3x2/p1.0/') && id.includes('@us-2') ? failed() : succeeded,
    ),

  'pipeline-rolled-back-by-request': () => {
    const play = answerApproval(release(), 'APPROVE').run((id) => (id.includes('/r3x1/') ? null : succeeded));
    play.give({ input: 'rollback', actor: 'ada', reason: 'wrong build' });
    return play.report().finish();
  },

  'pipeline-one-run-aborted': () => {
    const play = new Play(pipeline([stage('s1', run('a'), run('b')), stage('s2', run('c'))]));
    play.run((id) => (id.includes('/b/') ? null : succeeded));
    play.give({ input: 'abort', actor: 'ada', reason: 'enough', runId: 'x1/b' });
    return play.finish();
  },

  'pipeline-stage-skipped': () =>
    new Play(pipeline([stage('s1', run('a', { skip: 'true' })), stage('s2', run('b'))])).finish(),

  /** The second stage goes back to what the first has put there. */
  'pipeline-twice-to-one-place': () => {
    const to = (id: string, build: string): RunPlan => {
      const work = sectionPlan('work', [stepPlan('install', { artifact: 'current' }), agentStep('do')]);
      const back = sectionPlan('back', [stepPlan('undo', { artifact: 'rollback' })], { undoes: 'work' });
      const families = { artifact: { buildNo: build } };
      const phase = phasePlan('p1', [work], { rollback: [back], families, artifact: artifact('web', build) });
      return runPlan([phase], { id, name: id });
    };
    const plans = pipeline([stage('s1', to('a', '2')), stage('s2', to('b', '3'))]);
    return new Play(plans).finish((id) => (id.includes('/b/p1.0/work/do') ? failed() : succeeded));
  },

  'pipeline-inputs-given': () => {
    const play = asking('END');
    play.give({ input: 'giveInputs', runId: 'x1/b', values: { to: 'prod' }, actor: 'ada' });
    play.give({ input: 'runPlanned', runId: 'x1/b', plans: [run('bx1'), run('bx2')] });
    return play.finish();
  },

  'pipeline-inputs-by-default': () => {
    const play = asking('DEFAULTS').wait();
    play.give({ input: 'runPlanned', runId: 'x1/b', plans: [run('b')] });
    return play.finish();
  },

  'pipeline-nobody-gives-inputs': () => asking('END').wait().finish(),

  'pipeline-stage-cannot-be-planned': () => {
    const play = asking('END');
    play.give({ input: 'giveInputs', runId: 'x1/b', values: { to: 'prod' }, actor: 'ada' });
    const why = failure('INVALID_INPUT', "there is no environment 'prod'");
    play.give({ input: 'runUnplannable', runId: 'x1/b', failures: [why] });
    return play.finish();
  },

  'pipeline-resumed': () => {
    const takenOver = [{ runId: 'a', status: 'SUCCESS', startedAt: 1, endedAt: 2, rollback: run('a') }] as const;
    const outputs = [{ name: 'found', values: { build: '7' } }];
    const resumes = { chain: 'x-1', from: 'x0', stage: 'Stage s2', outputs };
    const first = { ...stage('s1', run('a')), takenOver };
    return new Play(pipeline([first, stage('s2', run('b'))], { resumes, rollbackOnFailure: true })).finish((id) =>
      id.includes('/b/p1.0/') ? failed() : succeeded,
    );
  },
};
