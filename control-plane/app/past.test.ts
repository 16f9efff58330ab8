import { beforeAll, describe, expect, it } from 'vitest';
import { historyOf } from '../../test/support/played-history.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import { ENGINE } from './engine.ts';
import { viewOf } from './execution-view.ts';
import type { History } from './history.ts';
import { momentsOf } from './moments.ts';
import { momentOf, stateAt } from './past.ts';

const START = Date.UTC(2026, 0, 31, 12);

/** Every report a second after the one before; aborted while the agent checks. */
function played(): Play {
  const play = new Play(simplePlan());
  play.now = START;
  play.run((id) => {
    play.now += 1_000;
    return id.includes('check') ? null : succeeded;
  });
  play.now += 1_000;
  play.give({ input: 'abort', actor: 'ada', reason: 'enough' });
  return play.finish();
}

let play: Play;
let history: History;
beforeAll(async () => {
  play = played();
  history = await historyOf(play);
});

const at = async (text: string) => {
  const { execution, seq } = await stateAt(ENGINE, history, 'x1', text);
  const { header, nodes } = viewOf(execution, seq, (id) => id);
  const open = nodes.filter((node) => node.status === 'RUNNING').map((node) => node.id.slice(3));
  return { seq, status: header.status, events: execution.events, open };
};

describe('the state at a moment', () => {
  it('is what every prefix of the journal folds to', async () => {
    let events = 0;
    for (const [index, decision] of play.decisions.entries()) {
      events += decision.events.length;
      expect(await at(String(index + 1))).toMatchObject({ seq: index + 1, events });
    }
    expect((await at('9999')).events).toBe(play.execution.events);
    expect((await stateAt(ENGINE, history, 'x1', '9999')).execution).toEqual(play.execution);
  });

  it('is found by time, by time after the start, and by milliseconds', async () => {
    const first = START + 1_000;
    for (const text of [new Date(first).toISOString(), String(first)]) {
      const then = await at(text);
      expect(then.status).toBe('RUNNING');
      expect(then.open).toContain('run/p1.0/deploy/install');
    }
    // Between its start and its first report nothing happened.
    expect(await at('+90s')).toMatchObject({ seq: 1, status: 'RUNNING' });
    expect((await at('2027-01-01T00:00:00+01:00')).status).toBe('ABORTED');
    const before = await at(new Date(START + 3_500).toISOString());
    expect(before.open.some((id) => id.includes('verify'))).toBe(true);
  });

  it.each(['yesterday', '+soon', '2026-01-31 12:00', '-1'])('refuses %s', (text) => {
    expect(() => momentOf(text)).toThrow('is no moment. Write a sequence');
  });

  it.each(['0', '1970-01-01T00:00:00Z'])('refuses %s, before it started', async (text) => {
    await expect(at(text)).rejects.toThrow('had not started then');
  });
});

describe('moments', () => {
  it('say what came, from whom, when, and what followed', async () => {
    const records = await history.all('x1');
    const all = records.flatMap((record) => momentsOf(record, (id) => `named ${id}`));
    expect(all[0]).toMatchObject({ seq: 1, input: 'start', actor: 'tester', node: null });
    const abort = all.find((each) => each.input === 'abort');
    expect(abort).toMatchObject({ actor: 'ada' });
    expect(abort?.events[0]).toEqual({ event: 'AbortRequested', node: 'run', text: 'actor ada, reason enough' });
    const starting = all.find((each) => each.input === 'starting');
    expect(starting).toMatchObject({ actor: 'agent named a1', node: 'run/p1.0/deploy/install@h1#1' });
    const ended = all.flatMap((each) => each.events).find((each) => each.event === 'AttemptEnded');
    expect(ended).toEqual({ event: 'AttemptEnded', node: 'run/p1.0/deploy/install@h1#1', text: 'SUCCESS' });
    for (const each of all.flatMap((moment) => moment.events)) expect(each.text.length).toBeLessThanOrEqual(120);
  });
});
