/** The bookstore of deploy/examples with the hosts, the key and the builds of this demo filled in, comments kept. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { SourceFile } from '../../app/use-cases.ts';
import { exampleFile } from '../locate.ts';
import type { DemoHost } from './demo-hosts.ts';
import { DEMO_USER } from './demo-hosts.ts';

export const EXAMPLE = 'bookstore/fairlead.yaml';

export function demoDefinition(hosts: readonly DemoHost[], keyFile: string, builds: string): SourceFile {
  const document = parseDocument(readFileSync(exampleFile(EXAMPLE), 'utf8'));
  document.setIn(['services', 'web', 'artifact', 'directory'], builds);
  const infrastructure = ['environments', 'prod', 'infrastructure', 'loopback'];
  document.setIn(
    [...infrastructure, 'hosts'],
    document.createNode(
      hosts.map((host) => ({
        name: host.name,
        address: host.address,
        port: host.sshPort,
        hostKey: host.fingerprint,
        variables: { httpPort: host.httpPort },
      })),
    ),
  );
  document.setIn([...infrastructure, 'login'], document.createNode({ user: DEMO_USER, key: `secret:file:${keyFile}` }));
  return { name: `deploy/examples/${EXAMPLE}`, text: document.toString({ lineWidth: 0 }) };
}
