import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { failure, FailureError, type FailureCode } from '@fairlead/proto/model/failure.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { answerApproval } from '../../test/support/people.ts';
import { onePhase, sectionPlan, stepPlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { rejectOthers } from './auto-reject.ts';
import { ENGINE } from './engine.ts';
import { History } from './history.ts';
import { journalCodec } from './journal-codec.ts';
import { rowOf } from './execution-row.ts';

/** An execution that waits for an approval. */
function waiting(executionId: string): Play {
  const parameters = { groups: ['ops'], inputs: {}, autoReject: true };
  const ok = stepPlan('ok', { type: 'APPROVAL', runs: 'decided', deploys: false, parameters });
  return new Play({ ...onePhase([sectionPlan('gate', [ok])]), executionId }).run();
}

/** One was approved while an older one waits; whoever is to be rejected answers with that failure. */
async function approvedBeside(refusal: FailureCode | null) {
  const store = createMemoryStore();
  const { scheduler } = new VirtualSystem(1).spawn('p');
  const history = new History(store.journal, journalCodec(store.blobs), ENGINE, scheduler, NO_CRASH);
  const older = waiting('x0');
  await history.append({ executionId: 'x0', seq: 1, epoch: 1, now: older.now }, older.decisions);
  await store.rows.putExecution(rowOf(older.execution, 1));
  const newer = answerApproval(waiting('x1'), 'APPROVE');
  const said: string[] = [];
  const stepId = 'x1/run/p1.0/gate/ok';
  const world = {
    rows: store.rows,
    history,
    submit: async (id: string, input: object) => {
      said.push(`${id} ${JSON.stringify(input)}`);
      if (refusal !== null) throw new FailureError(failure(refusal, 'no'));
    },
    give: async (id: string, { input }: { readonly input: string }) => said.push(`${id} ${input}`),
  };
  const done = rejectOthers(
    world,
    { command: 'rejectOthers', id: `${stepId}/others`, stepId },
    {
      ...newer.execution,
      startedAt: newer.now + 1,
    },
  );
  return { done, said };
}

it('rejects what waits in the older one, at the same step', async () => {
  const { done, said } = await approvedBeside(null);
  await done;
  expect(said).toEqual([
    expect.stringMatching(/^x0 .*"stepId":"x0\/run\/p1.0\/gate\/ok","answer":"REJECT"/),
    'x1 othersRejected',
  ]);
});

it('leaves those alone that were answered meanwhile', async () => {
  const { done, said } = await approvedBeside('ILLEGAL_STATE');
  await done;
  expect(said.at(-1)).toBe('x1 othersRejected');
});

it('is not done while one of them could not be reached', async () => {
  const { done, said } = await approvedBeside('UNAVAILABLE');
  await expect(done).rejects.toThrow('no');
  expect(said).toHaveLength(1);
});
