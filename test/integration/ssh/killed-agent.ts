/**
 * A process that does one attempt as an agent would: it keeps its records in a file, and when it is started again it
 * takes the attempt up. The test kills it whenever it likes.
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { LedgerRecord } from '@fairlead/agent/platforms/platform.ts';
import type { Task } from '@fairlead/proto/model/task.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

export interface KilledAgentInput {
  readonly directory: string;
  readonly task: Task;
  readonly secrets: Readonly<Record<string, string>>;
  readonly artifact: { readonly path: string; readonly sha256: string; readonly bytes: number };
}

const [file] = process.argv.slice(2);
// The test wrote it a moment ago.
const input = JSON.parse(readFileSync(file ?? '', 'utf8')) as KilledAgentInput;
const ledger = join(input.directory, 'ledger');
const resumed = existsSync(ledger);
if (!resumed) writeFileSync(ledger, '');
const recorded = readFileSync(ledger, 'utf8')
  .split('\n')
  .flatMap((line): LedgerRecord[] => {
    try {
      return line === '' ? [] : [JSON.parse(line) as LedgerRecord];
    } catch {
      return []; // A torn last line.
    }
  });
if (resumed) appendFileSync(ledger, '\n');

const platform = await createSshPlatform({ directory: input.directory, system: realSystem });
const attempt = testAttempt({
  task: input.task,
  secrets: input.secrets,
  artifact: input.artifact,
  recorded,
  resumed,
  onRecord: (record) => {
    const open = openSync(ledger, 'a');
    writeSync(open, `${JSON.stringify(record)}\n`);
    fsyncSync(open);
    closeSync(open);
  },
});
process.stdout.write('ready\n');
const result = await platform.run(attempt);
process.stdout.write(`${JSON.stringify(result)}\n`);
await platform.close();
