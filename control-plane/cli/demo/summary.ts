import { STATUSES } from '@fairlead/proto/model/status.ts';
import { commandName } from '../locate.ts';
import { tableOf } from '../output.ts';
import type { ActResult } from './acts.ts';
import type { DemoHost } from './demo-hosts.ts';

export function summary(results: readonly ActResult[]): string {
  const rows = results.map((result) => [
    result.act.number,
    result.act.build,
    STATUSES[result.status].label,
    result.act.expected,
    [...new Set(result.served.map((each) => each.version ?? 'nothing'))].join(', '),
    result.took,
    result.good ? 'as told' : 'NOT AS TOLD',
    result.executionId,
  ]);
  const heads = ['ACT', 'DEPLOYED', 'STATUS', 'EXPECTED', 'SERVED', 'TOOK', '', 'EXECUTION'];
  return `\n${tableOf(heads, rows, '')}`;
}

export function farewell(
  results: readonly ActResult[],
  link: string,
  hosts: readonly DemoHost[],
  data: string,
  dataOption: string | undefined,
): string {
  // Commands find the demo by themselves unless its directory was chosen.
  const flag = dataOption === undefined ? '' : ` --data ${dataOption}`;
  const command = (text: string): string => `     ${commandName(process.env)}${flag} ${text}`;
  const current = results.findLast((each) => each.status === 'SUCCESS')?.executionId ?? 'ID';
  return [
    `Open the page (this link works once, for five minutes):\n  ${link}`,
    '',
    'Three things to try, the commands in another terminal:',
    '  1. Break a file and deploy it: the first hosts cannot unpack it, and all keep version 2.',
    `     echo broken > ${data}/builds/bookstore-4.tgz`,
    command('deploy ship --artifact web=4 --wait'),
    command('why'),
    '  2. Kill a host: type `down web-4` and Enter here, and deploy; then `up web-4`, and deploy again.',
    command('deploy ship --artifact web=1 --wait'),
    '  3. Go back to what version 2 replaced (after a deployment of your own that succeeded, name that one).',
    command(`executions rollback ${current} --wait`),
    '',
    `The shops: ${hosts.map((host) => `http://127.0.0.1:${host.httpPort}/`).join('  ')}`,
    'Ctrl-C ends the demo.',
  ].join('\n');
}
