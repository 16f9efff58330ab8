/** Executions for the page to show: a rolling one over four hosts in acts, one over very many, and a long list. */
import type { ExecutionHeader, ExecutionListRow } from '@fairlead/proto/live.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { PlayedExecution } from './page-execution.ts';

export const HOSTS = ['web-1', 'web-2', 'web-3', 'web-4'] as const;
const BATCHES = [HOSTS.slice(0, 2), HOSTS.slice(2)] as const;

export function header(executionId: string, at: number, more: Partial<ExecutionHeader> = {}): ExecutionHeader {
  return {
    executionId,
    application: 'bookstore',
    name: 'ship-web',
    kind: 'WORKFLOW',
    status: 'RUNNING',
    settled: false,
    parked: null,
    environment: 'prod',
    actor: 'maria',
    startedAt: at,
    endedAt: null,
    revision: 12,
    artifacts: [{ service: 'web', build: '43', previous: '42' }],
    failure: null,
    rollback: null,
    rolledBack: null,
    unconfirmed: [],
    progress: { done: 0, total: 14 },
    waiting: null,
    people: [],
    stages: [],
    resumes: null,
    ...more,
  };
}

const SECTIONS = [
  ['deploy', 'Deploy Service', ['stop', 'install', 'start']],
  ['verify', 'Verify Service', ['health']],
] as const;
const STEP_NAMES = { stop: 'Stop', install: 'Install', start: 'Start', health: 'Check health' } as const;

/** Two batches of two; the second one's health check is going to fail on web-3. */
export class RollingStory {
  readonly execution: PlayedExecution;
  readonly #at: number;
  readonly #run: string;

  constructor(id: string, at: number) {
    this.#at = at;
    this.#run = `${id}/r1`;
    this.execution = new PlayedExecution(header(id, at));
    const play = this.execution;
    play.node('run', this.#run, null, 'ship-web', { status: 'RUNNING', startedAt: at });
    BATCHES.forEach((_, batch) => {
      const phase = this.#phase(batch);
      play.node('phase', phase, this.#run, `Phase 1, batch ${batch + 1} of 2`);
      play.node('section', `${phase}/select`, phase, 'Select Nodes');
      play.node('step', `${phase}/select/nodes`, `${phase}/select`, 'Select 2 hosts');
      for (const [section, name, steps] of SECTIONS) {
        play.node('section', `${phase}/${section}`, phase, name);
        for (const step of steps)
          play.node('step', this.step(batch, section, step), `${phase}/${section}`, STEP_NAMES[step]);
      }
    });
    play.commit();
  }

  #phase(batch: number): string {
    return `${this.#run}/p1.${batch + 1}`;
  }

  step(batch: number, section: string, step: string): string {
    return `${this.#phase(batch)}/${section}/${step}`;
  }

  attempt(batch: number, section: string, step: string, host: string): string {
    return `${this.step(batch, section, step)}@${host}#1`;
  }

  /** A section's steps up to the told status of the last; earlier ones succeeded. */
  #play(batch: number, section: string, steps: readonly string[], last: Status, from: number): void {
    const play = this.execution;
    const phase = this.#phase(batch);
    play.change(`${phase}/${section}`, {
      status: last,
      startedAt: from,
      ...(last === 'SUCCESS' ? { endedAt: from + 9_000 } : {}),
    });
    steps.forEach((step, index) => {
      const status = index === steps.length - 1 ? last : 'SUCCESS';
      const at = from + index * 3_000;
      const ended = status === 'SUCCESS' ? { endedAt: at + 2_400 } : {};
      play.change(this.step(batch, section, step), { status, startedAt: at, ...ended });
      for (const host of BATCHES[batch] ?? []) {
        const attempt = play.task(this.step(batch, section, step), host, status, at, ended);
        play.write(attempt, `$ ${step} on ${host}\n`);
        if (step === 'install')
          play.write(attempt, `fetching web-43.tgz\n\u001B[32msha256 ok\u001B[0m\nunpacked 214 files\n`);
      }
    });
  }

  firstBatchInstalls(): void {
    const play = this.execution;
    const phase = this.#phase(0);
    play.change(phase, { status: 'RUNNING', startedAt: this.#at });
    play.change(`${phase}/select`, { status: 'SUCCESS', startedAt: this.#at, endedAt: this.#at + 100 });
    play.change(`${phase}/select/nodes`, {
      status: 'SUCCESS',
      startedAt: this.#at,
      endedAt: this.#at + 100,
      note: 'web-1, web-2',
    });
    this.#play(0, 'deploy', ['stop', 'install'], 'RUNNING', this.#at + 1_000);
    play.head({ progress: { done: 2, total: 14 } });
    play.commit();
  }

  firstBatchEnds(): void {
    const play = this.execution;
    this.#play(0, 'deploy', ['stop', 'install', 'start'], 'SUCCESS', this.#at + 1_000);
    this.#play(0, 'verify', ['health'], 'SUCCESS', this.#at + 11_000);
    play.change(this.#phase(0), { status: 'SUCCESS', endedAt: this.#at + 21_000 });
    play.head({ progress: { done: 7, total: 14 } });
    play.commit();
  }

  secondBatchFails(): void {
    const play = this.execution;
    const phase = this.#phase(1);
    const at = this.#at + 22_000;
    play.change(phase, { status: 'FAILED', startedAt: at, endedAt: at + 16_000 });
    play.change(`${phase}/select`, { status: 'SUCCESS', startedAt: at, endedAt: at + 100 });
    play.change(`${phase}/select/nodes`, { status: 'SUCCESS', startedAt: at, endedAt: at + 100, note: 'web-3, web-4' });
    this.#play(1, 'deploy', ['stop', 'install', 'start'], 'SUCCESS', at + 1_000);
    this.#play(1, 'verify', ['health'], 'FAILED', at + 11_000);
    const why = failure(
      'ASSERTION_FAILED',
      'http://web-3:8080/health answered 500, wanted ${httpResponseCode} == 200',
      {
        details: { status: 500, host: 'web-3' },
      },
    );
    const step = this.step(1, 'verify', 'health');
    play.change(`${phase}/verify`, { endedAt: at + 15_000 });
    play.change(step, { endedAt: at + 15_000, failure: why });
    play.task(step, 'web-3', 'FAILED', at + 11_000, { endedAt: at + 15_000, failure: why });
    play.task(step, 'web-4', 'SUCCESS', at + 11_000, { endedAt: at + 12_000 });
    play.write(
      this.attempt(1, 'verify', 'health', 'web-3'),
      'GET /health HTTP/1.1\nHTTP/1.1 500 Internal Server Error\n{"error":"no such table: books"}\nassertion failed: ${httpResponseCode} == 200\n',
    );
    play.head({
      status: 'ROLLING_BACK',
      rollback: 'RUNNING',
      progress: { done: 13, total: 14 },
      failure: { ...why, node: step, target: 'web-3' },
    });
    play.commit();
    this.#openRollback(at + 17_000);
  }

  #openRollback(at: number): void {
    const play = this.execution;
    const phase = `${this.#run}/rb.1`;
    play.node('phase', phase, this.#run, 'Roll back batch 2', {
      status: 'ROLLING_BACK',
      startedAt: at,
      rollback: true,
    });
    play.node('section', `${phase}/deploy`, phase, 'Deploy Service', {
      status: 'RUNNING',
      startedAt: at,
      rollback: true,
    });
    for (const [step, name] of [
      ['stop', 'Stop'],
      ['restore', 'Install build 42'],
      ['start', 'Start'],
    ] as const) {
      const running = step === 'stop';
      const id = `${phase}/deploy/${step}`;
      play.node('step', id, `${phase}/deploy`, name, {
        status: running ? 'RUNNING' : null,
        startedAt: running ? at : null,
        rollback: true,
      });
      if (!running) continue;
      for (const host of BATCHES[1]) play.task(id, host, 'RUNNING', at, { rollback: true });
    }
    play.commit();
  }

  rollbackEnds(): void {
    const play = this.execution;
    const phase = `${this.#run}/rb.1`;
    const at = this.#at + 39_000;
    for (const step of ['stop', 'restore', 'start']) {
      const id = `${phase}/deploy/${step}`;
      play.change(id, { status: 'SUCCESS', startedAt: at, endedAt: at + 2_000 });
      for (const host of BATCHES[1]) play.task(id, host, 'SUCCESS', at, { endedAt: at + 2_000, rollback: true });
    }
    play.change(`${phase}/deploy`, { status: 'SUCCESS', endedAt: at + 6_000 });
    play.change(phase, { status: 'SUCCESS', endedAt: at + 6_000 });
    play.change(this.#run, { status: 'FAILED', endedAt: at + 6_000 });
    play.head({ status: 'FAILED', settled: true, rollback: 'SUCCESS', endedAt: at + 6_000 });
    play.commit();
  }
}

export const wideHost = (index: number): string => `node-${String(index).padStart(4, '0')}`;

/** One step after the other over as many hosts as told; everything is running. */
export function wideExecution(id: string, at: number, hosts: number, steps: number): PlayedExecution {
  const play = new PlayedExecution(header(id, at, { name: 'ship-everywhere', progress: { done: 0, total: steps } }));
  const phase = `${id}/r1/p1`;
  play.node('run', `${id}/r1`, null, 'ship-everywhere', { status: 'RUNNING', startedAt: at });
  play.node('phase', phase, `${id}/r1`, 'Phase 1', { status: 'RUNNING', startedAt: at });
  play.node('section', `${phase}/deploy`, phase, 'Deploy Service', { status: 'RUNNING', startedAt: at });
  for (let step = 0; step < steps; step += 1) {
    const stepId = `${phase}/deploy/t${step}`;
    play.node('step', stepId, `${phase}/deploy`, `Step ${step + 1}`, { status: 'RUNNING', startedAt: at });
    for (let host = 0; host < hosts; host += 1)
      play.node('task', `${stepId}@${wideHost(host)}`, stepId, wideHost(host), {
        order: host,
        status: 'RUNNING',
        startedAt: at,
        target: wideHost(host),
      });
  }
  play.commit();
  return play;
}

const ROW_STATUSES = ['SUCCESS', 'SUCCESS', 'FAILED', 'SUCCESS', 'ABORTED', 'SUCCESS', 'EXPIRED'] as const;

export function listRows(count: number, at: number): readonly ExecutionListRow[] {
  return Array.from({ length: count }, (_, index) => {
    const startedAt = at - index * 7 * 60_000;
    const status: Status =
      index === 0 ? 'RUNNING' : index === 1 ? 'WAITING' : (ROW_STATUSES[index % ROW_STATUSES.length] ?? 'SUCCESS');
    const [application, name, service] =
      index % 3 === 0 ? ['payments', 'ship-ledger', 'ledger'] : ['bookstore', 'ship-web', 'web'];
    return {
      executionId: `e${String(count - index).padStart(6, '0')}`,
      seq: 10,
      application,
      name,
      kind: 'WORKFLOW',
      status,
      environment: index % 2 === 0 ? 'prod' : 'staging',
      startedAt,
      endedAt: index < 2 ? null : startedAt + 40_000 + index * 1_000,
      actor: ['maria', 'ci', 'jonas'][index % 3] ?? 'ci',
      summary: {
        progress: { done: 5, total: 14 },
        artifacts: [{ service, build: String(count - index) }],
        ...(index === 1 ? { waiting: 'waiting for the lock of prod/dc1, 2 before it' } : {}),
        ...(status === 'FAILED'
          ? { failure: { code: 'UNREACHABLE', message: 'web-3: connection refused at port 22' } }
          : {}),
      },
    };
  });
}
