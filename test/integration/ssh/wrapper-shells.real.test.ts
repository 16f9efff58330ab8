import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTransport } from '@fairlead/agent/platforms/shell/local-transport.ts';
import { requireReal } from '../../support/real/index.ts';
import { wrapperCases } from './wrapper-cases.ts';

/** The same cases under other shells: bash in the place of sh, and a PATH that holds nothing but busybox. */
const which = (tool: string): string =>
  execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
const links = (name: string, entries: readonly (readonly [string, string])[]): string => {
  const directory = join(mkdtempSync(join(tmpdir(), 'fairlead-shells-')), name);
  mkdirSync(directory);
  for (const [link, to] of entries) symlinkSync(to, join(directory, link));
  return directory;
};

wrapperCases(
  'bash',
  localTransport({ ...process.env, PATH: `${links('bash', [['sh', which('bash')]])}:${process.env['PATH'] ?? ''}` }),
);

const busybox = requireReal('busybox').path;
const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
const withoutHelp = applets.filter((applet) => !['nc', 'pgrep', 'pkill', 'ps', 'pidof'].includes(applet));
wrapperCases(
  'busybox ash',
  localTransport({
    ...process.env,
    PATH: links(
      'busybox',
      withoutHelp.map((applet) => [applet, busybox]),
    ),
  }),
);
