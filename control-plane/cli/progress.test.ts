import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { describe, expect, it } from 'vitest';
import { headerOf, nodeOf } from '../../test/integration/api/fake-views.ts';
import { changeLines } from './progress-lines.ts';
import { cut, treeLines } from './progress-tree.ts';
import { startProgress } from './progress.ts';
import { elapsed, styleFor } from './style.ts';

const plain = styleFor({}, {});
const T0 = headerOf('ex1', 'ship', 0).startedAt;

function view(seq: number, nodes: readonly NodeView[], more: Partial<ExecutionView['header']> = {}): ExecutionView {
  return { seq, header: { ...headerOf('ex1', 'ship', 0), ...more }, nodes };
}

const run = nodeOf('ex1/r', null, 'run', { name: 'ship' });
const phase = nodeOf('p', 'ex1/r', 'phase', { name: 'Phase 1', startedAt: T0 });
const step = nodeOf('s', 'p', 'step', { name: 'Install', startedAt: T0 + 500 });
const task = (host: string, more: Partial<NodeView> = {}) =>
  nodeOf(`s@${host}`, 's', 'task', { target: host, startedAt: T0 + 500, ...more });

describe('line by line', () => {
  it('tells what is new, in the order in which it happened', () => {
    const before = view(1, [run, phase, step, task('web-1'), task('web-2')]);
    expect(changeLines(null, before, plain)).toEqual([
      '   +0.0s  ▸ Running   Phase 1',
      '   +0.5s  ▸ Running   Phase 1 / Install',
      '   +0.5s  ▸ Running   Phase 1 / Install @ web-1',
      '   +0.5s  ▸ Running   Phase 1 / Install @ web-2',
    ]);
    const failure = { code: 'COMMAND_FAILED', message: 'exit status 2' } as const;
    const ended = { status: 'FAILED', endedAt: T0 + 2000, failure } as const;
    const after = view(2, [
      run,
      { ...phase, status: 'FAILED', endedAt: T0 + 2000 },
      { ...step, status: 'FAILED', endedAt: T0 + 2000 },
      task('web-1', ended),
      task('web-2', { status: 'SUCCESS', endedAt: T0 + 1500 }),
    ]);
    expect(changeLines(before, after, plain)).toEqual([
      '   +1.5s  ✓ Success   Phase 1 / Install @ web-2 in 1.0s',
      '   +2.0s  ✗ Failed    Phase 1 / Install @ web-1 in 1.5s: exit status 2',
      '   +2.0s  ✗ Failed    Phase 1 / Install in 1.5s',
      '   +2.0s  ✗ Failed    Phase 1 in 2.0s',
    ]);
    expect(changeLines(after, after, plain)).toEqual([]);
  });

  it('says of which stage it tells, where there are several', () => {
    const other = nodeOf('ex1/r2', null, 'run', { name: 'Prod (eu)' });
    const there = nodeOf('p2', 'ex1/r2', 'phase', { name: 'Phase 1', startedAt: T0 });
    expect(changeLines(null, view(1, [run, phase, other, there]), plain)).toEqual([
      '   +0.0s  ▸ Running   ship / Phase 1',
      '   +0.0s  ▸ Running   Prod (eu) / Phase 1',
    ]);
  });

  it('says once why it waits', () => {
    const waiting = view(2, [run], { waiting: 'waiting for the lock of prod' });
    expect(changeLines(view(1, [run]), waiting, plain)).toHaveLength(1);
    expect(changeLines(waiting, { ...waiting, seq: 3 }, plain)).toEqual([]);
  });
});

describe('as a tree', () => {
  const screen = { columns: 60, rows: 24 };

  it('folds what is over and opens what runs or failed', () => {
    const done = nodeOf('p0', 'ex1/r', 'phase', { name: 'Phase 0', status: 'SUCCESS', endedAt: T0 + 100, order: -1 });
    const hidden = nodeOf('h', 'p0', 'step', { name: 'hidden', status: 'SUCCESS' });
    const later = nodeOf('p2', 'ex1/r', 'phase', { name: 'Phase 2', status: null, startedAt: null, order: 1 });
    const lines = treeLines(view(1, [run, later, phase, done, hidden, step, task('web-1')]), T0 + 1500, screen, plain);
    expect(lines).toEqual([
      'ship  web 2  Running  0/4 steps  1.5s  ex1',
      '  ✓ Phase 0  0.1s',
      '  ▸ Phase 1  1.5s',
      '    ▸ Install  1.0s  web-1 ▸',
      '  · Phase 2',
    ]);
  });

  it('is never higher or wider than the screen', () => {
    const steps = Array.from({ length: 40 }, (_, index) =>
      nodeOf(`s${index}`, 'p', 'step', { name: `Step ${index} ${'long '.repeat(20)}`, order: index }),
    );
    const lines = treeLines(view(1, [run, phase, ...steps]), T0, { columns: 30, rows: 10 }, plain);
    expect(lines).toHaveLength(9);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(30);
    expect(lines[0]).toContain('ship');
    expect(lines.at(-1)).toContain('Step 39');
  });

  it('is cut without counting colors, and leaves none behind', () => {
    expect(cut('\u001b[32mabcdef\u001b[39m', 4)).toBe('\u001b[32mabc…\u001b[0m');
    expect(cut('abcd', 4)).toBe('abcd');
  });

  it('is redrawn in place', async () => {
    const system = new VirtualSystem();
    let screenText = '';
    const output = { isTTY: true, columns: 60, rows: 24, write: (text: string) => (screenText += text) };
    const progress = startProgress(output, { NO_COLOR: '1' }, system);
    progress.show(view(1, [run, phase]));
    expect(screenText).not.toContain('\u001b[2A');
    await system.advance(1100);
    expect(screenText).toContain('\u001b[2A\r\u001b[J');
    progress.end();
    expect(system.waiting).toBe(0);
  });

  it('is not drawn where nobody looks', () => {
    const system = new VirtualSystem();
    let text = '';
    startProgress({ write: (part) => (text += part) }, {}, system).show(view(1, [run, phase]));
    expect(text).toBe('   +0.0s  ▸ Running   Phase 1\n');
  });
});

it('colors only a terminal that wants it', () => {
  expect(styleFor({ isTTY: true }, {}).paint('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(styleFor({ isTTY: true }, { NO_COLOR: '1' }).paint('red', 'x')).toBe('x');
  expect(styleFor({ isTTY: false }, {}).paint('red', 'x')).toBe('x');
});

it('writes durations as people say them', () => {
  expect([0, 12_340, 245_000, 7_800_000].map(elapsed)).toEqual(['0.0s', '12.3s', '4m 05s', '2h 10m']);
});
