/** Control planes and agents as processes of their own, to be killed at will, and the HTTP API as their only door. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { connectionFile } from '@fairlead/control-plane/cli/connection.ts';
import { kill, tiedToThisProcess } from '../support/real/processes.ts';

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly ended: Promise<End>;
  readonly isOver: () => boolean;
  /** Both streams, so far. */
  readonly output: () => string;
  /** Resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<End>;
}

/** Nothing of the caller's own settings leaks in. */
export function startProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  const [command, ...rest] = tiedToThisProcess(process.execPath, [program, ...args]);
  const child = spawn(command, rest, {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
  const ended = new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  const pid = child.pid ?? -1;
  return {
    pid,
    ended,
    isOver: () => over,
    output: () => text,
    stop: (signal = 'SIGKILL') => {
      if (!over) kill(pid, signal);
      return ended;
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface ControlPlane extends Program {
  readonly url: string;
  readonly key: string;
}

/** Starts one and waits until its API answers; rejects with what it wrote when it ends before. */
export async function startControlPlane(
  program: string,
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ControlPlane> {
  const started = startProgram(program, ['start'], {
    FAIRLEAD_DATA: directory,
    FAIRLEAD_HTTP_PORT: '0',
    FAIRLEAD_AGENT_PORT: '0',
    ...environment,
  });
  await until(
    'the control plane runs',
    () => {
      if (started.isOver()) throw new Error(`the control plane ended before it was up:\n${started.output()}`);
      return /Fairlead runs at/.test(started.output());
    },
    30_000,
    () => started.output(),
  );
  // Its own: one that was killed left its file behind, which the new one replaced before it said that it runs.
  const { url, key, pid } = connectionFile.parse(JSON.parse(readFileSync(join(directory, 'cli.json'), 'utf8')));
  if (pid !== started.pid) throw new Error(`cli.json is of process ${pid}, not of ${started.pid}`);
  return { ...started, url, key };
}

/** One request. Rejects only when there is no answer. */
export async function ask(
  { url, key }: { readonly url: string; readonly key: string },
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(new URL(`/api/v1${path}`, url), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      // A process that was killed keeps no connection alive.
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    signal: AbortSignal.timeout(20_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

/** The body of an answer that must be a good one. */
export async function demand<S extends z.ZodType>(schema: S, answer: Promise<Answer>): Promise<z.output<S>> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return schema.parse(body);
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
  explain: () => string | Promise<string> = () => '',
): Promise<void> {
  const last = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > last) throw new Error(`not within ${withinMs} ms: ${what}\n${await explain()}`);
    await sleep(20);
  }
}
