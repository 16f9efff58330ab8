import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import type { KilledAgentInput } from './killed-agent.ts';

export interface KillHost {
  readonly target: HostTarget;
  /** HOME there. */
  readonly directory: string;
  readonly secrets: Readonly<Record<string, string>>;
}

const UNITS = 8;
const LONGEST_MS = 1_500;

/** Kills the agent at random moments of a command of many units, until one lives to the end. Says how often it was killed. */
export async function killedAtRandom(host: KillHost, round: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-killed-'));
  try {
    const content = randomBytes(2_000_000);
    const artifact = {
      path: join(directory, 'app.tgz'),
      sha256: createHash('sha256').update(content).digest('hex'),
      bytes: content.length,
    };
    await writeFile(artifact.path, content);
    const trace = `trace-${round}`;
    const scripts = Array.from({ length: UNITS }, (_, index) => ({
      unit: 'EXEC',
      name: `unit ${index}`,
      script: `echo ${index} >> "$HOME/${trace}"; sleep 0.0${index}; echo out ${index}`,
    }));
    const place = { unit: 'SCP', name: 'copy', destination: `$HOME/app-${round}` };
    const base = testAttempt({ task: { type: 'COMMAND', parameters: {} } }).task;
    const input: KilledAgentInput = {
      directory,
      secrets: host.secrets,
      artifact,
      task: {
        ...base,
        attemptId: `exec-k/run/p/deploy@${host.target.name}#${round}`,
        target: host.target,
        parameters: { command: 'Install', units: [...scripts.slice(0, 4), place, ...scripts.slice(4)] },
        context: {
          ...base.context,
          artifact: {
            service: 'web',
            source: { kind: 'DIRECTORY', path: directory, match: '' },
            build: '1',
            fileName: 'app.tgz',
            location: 'app.tgz',
            sha256: artifact.sha256,
            metadata: {},
          },
        },
      },
    };
    const file = join(directory, 'input.json');
    await writeFile(file, JSON.stringify(input));
    let kills = 0;
    for (;;) {
      // Ever longer, so that one lives to the end however slow the machine is.
      const result = await runAgent(file, Math.random() * LONGEST_MS * 1.4 ** kills);
      if (result === 'killed') {
        kills += 1;
        continue;
      }
      expect(result).toMatchObject({
        outcome: 'SUCCESS',
        touched: true,
        outputs: { artifact: { sha256: artifact.sha256 } },
      });
      break;
    }
    const ran = (await readFile(join(host.directory, trace), 'utf8')).trim().split('\n');
    expect(ran).toEqual(Array.from({ length: UNITS }, (_, index) => String(index)));
    expect((await readFile(join(host.directory, `app-${round}`, 'app.tgz'))).equals(content)).toBe(true);
    return kills;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const tsx = createRequire(import.meta.url).resolve('tsx');

/** Starts it and kills it so long after it was ready, unless it ended before. */
function runAgent(file: string, afterMs: number): Promise<AttemptResult | 'killed'> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', tsx, join(import.meta.dirname, 'killed-agent.ts'), file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let complaint = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (timer === undefined && said.startsWith('ready\n')) timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.once('close', (_status, signal) => {
      clearTimeout(timer);
      const line = said.split('\n')[1] ?? '';
      if (line !== '') resolve(JSON.parse(line) as AttemptResult);
      else if (signal === 'SIGKILL') resolve('killed');
      else reject(new Error(`the agent ended by itself: ${complaint}`));
    });
  });
}
