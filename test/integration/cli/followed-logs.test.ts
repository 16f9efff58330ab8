import { expect, it, vi } from 'vitest';
import { ADMIN_KEY } from '../api/fake-use-cases.ts';
import { nodeOf } from '../api/fake-views.ts';
import { serve } from '../api/serve.ts';
import { startCli } from './run-cli.ts';

// Each command is a process of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 90_000 });

it('logs that are followed go on at the byte where the connection was lost', async () => {
  const first = await serve();
  const { useCases } = first;
  const id = useCases.create();
  const step = nodeOf(`${id}/r/p.0/s/t`, null, 'step', { name: 'Install' });
  const attemptId = `${step.id}@web-1#1`;
  const named = { target: 'web-1', attemptId };
  const task = nodeOf(`${step.id}@web-1`, step.id, 'task', named);
  useCases.change(id, [step, task, nodeOf(attemptId, task.id, 'attempt', named)]);
  const [start, end] = [Buffer.from('one\ntw\u00f6').subarray(0, 7), Buffer.from('\u00f6 three\n').subarray(1)];
  useCases.appendLog(attemptId, start);
  const parameters = ['executions', 'logs', id, '--follow'];
  const command = startCli(parameters, { FAIRLEAD_SERVER: first.http.url, FAIRLEAD_KEY: ADMIN_KEY });
  await expect.poll(command.out, { timeout: 15_000 }).toContain('tw');
  await first.http.close();
  await expect.poll(command.err).toContain('Connection lost');
  useCases.appendLog(attemptId, end);
  const second = await serve({ useCases, port: first.http.port });
  useCases.finish(id, 'SUCCESS');
  const { code, out, err } = await command.ended;
  expect(out).toBe('── Install @ web-1\none\ntw\u00f6 three\n');
  expect(err).toMatch(/^Connection lost \(.+\); trying again …\nConnected again\.\n$/);
  expect(code).toBe(0);
  await second.http.close();
});

it('logs that are followed end with 5 when the connection stays away', async () => {
  const own = await serve();
  const id = own.useCases.create();
  const parameters = ['executions', 'logs', id, '--follow'];
  const environment = { FAIRLEAD_SERVER: own.http.url, FAIRLEAD_KEY: ADMIN_KEY, FAIRLEAD_RECONNECT: '1s' };
  const command = startCli(parameters, environment);
  await expect.poll(() => own.useCases.reads, { timeout: 15_000 }).toBeGreaterThan(0);
  await own.http.close();
  const result = await command.ended;
  expect(result.code, result.err).toBe(5);
  expect(result.err).toContain('No answer from Fairlead');
});
