import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../control-plane/adapters/sqlite/store.ts';

const CHILD = fileURLToPath(new URL('append-until-killed.ts', import.meta.url));

describe('SQLite, killed while it appends', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-durability-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** The last acknowledged seq of each execution when the child was killed after about so many acknowledgements. */
  async function killAfter(acknowledgements: number): Promise<Map<string, number>> {
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let output = '';
    let lines = 0;
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      output += text;
      lines += text.split('\n').length - 1;
      if (lines >= acknowledgements) child.kill('SIGKILL');
    });
    await Promise.all([exited, once(child.stdout, 'close')]);
    expect(child.signalCode).toBe('SIGKILL');
    const complete = output.slice(0, output.lastIndexOf('\n')).split('\n');
    return new Map(complete.map((line) => line.split(' ')).map(([id, seq]) => [String(id), Number(seq)]));
  }

  it('holds every acknowledged record without a gap, and is free at once', async () => {
    for (const acknowledgements of [40, 1, 300]) {
      const acknowledged = await killAfter(acknowledgements);
      const store = await openSqliteStore({ directory });
      for (const executionId of ['e1', 'e2', 'e3', 'e4']) {
        const records = await store.journal.read(executionId, 0);
        expect(records.map((each) => each.seq)).toEqual(records.map((_, index) => index + 1));
        expect(records.length).toBeGreaterThanOrEqual(acknowledged.get(executionId) ?? 0);
        for (const { seq, body } of records) expect(JSON.parse(body)).toMatchObject({ executionId, seq });
      }
      await store.close();
    }
  });
});
