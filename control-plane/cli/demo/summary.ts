import { STATUSES } from '@fairlead/proto/model/status.ts';
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

export function farewell(link: string, hosts: readonly DemoHost[]): string {
  const first = hosts[0];
  const command = (text: string): string => `     npm run fairlead -- ${text}`;
  return [
    `Open the page (this link works once, for five minutes):\n  ${link}`,
    '',
    'Three things to try, in another terminal:',
    '  1. Break a host and deploy: its directory becomes a file, the deployment fails there and goes back.',
    `     mv ${first?.directory ?? ''}/bookstore{,.away} && touch ${first?.directory ?? ''}/bookstore`,
    command('deploy ship --artifact web=1 --wait'),
    command('why'),
    '  2. Kill the shop of a host and put it back.',
    `     kill $(cat ${first?.directory ?? ''}/bookstore/web/prod/runtime/server.pid)`,
    command('deploy ship --artifact web=2 --wait'),
    '  3. Go back to the version before.',
    command('executions rollback last --wait'),
    '',
    `The shops: ${hosts.map((host) => `http://127.0.0.1:${host.httpPort}/`).join('  ')}`,
    'Ctrl-C ends the demo.',
  ].join('\n');
}
