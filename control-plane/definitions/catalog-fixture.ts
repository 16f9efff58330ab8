/** For tests: definitions applied to nothing, with ids that say what they belong to. */
import type { Catalog } from './catalog.ts';
import { applyFiles } from './change-set.ts';

export const SHOP = `fairlead: v1
application: shop
services:
  web:
    type: ssh/tar
    artifact: { directory: '/builds/\${service.name}', match: 'web-(?<build>\\d+)\\.tgz' }
    variables: { port: 8080, level: service, token: 'secret:env:TOKEN' }
    start: bin/start --port \${serviceVariable.port}
    stop: bin/stop
    ready: { port: '\${serviceVariable.port}' }
    configFiles: { app.conf: 'level = \${serviceVariable.level}' }
  worker:
    type: ssh/jar
    artifact: { http: 'https://builds.example/', match: '(?<build>.+)\\.jar', headers: { authorization: 'secret:env:BUILDS' } }
environments:
  prod:
    type: production
    variables: { level: everywhere, region: eu }
    overrides: { web: { variables: { level: here } } }
    infrastructure:
      dc1: { hosts: [h1, h2, { name: h3, address: 10.0.0.3, port: 2222, variables: { zone: c } }], login: { user: deploy, key: 'secret:file:/keys/deploy' }, agents: [dc1] }
  qa:
    infrastructure:
      one: { hosts: [q1], login: { user: deploy, password: 'secret:env:QA' } }
      two: { hosts: [q2], login: { user: deploy, password: 'secret:env:QA' }, services: [web] }
workflows:
  ship: { type: basic, service: web, environment: prod }
`;

export function catalogOf(...texts: string[]): Catalog {
  let next = 0;
  const files = texts.map((text, index) => ({ name: `file-${index + 1}.yaml`, text }));
  const applied = applyFiles(null, files, { newId: () => `id${++next}` });
  if ('problems' in applied) throw new Error(applied.problems.map((each) => `${each.line}: ${each.reason}`).join('\n'));
  return applied.catalog;
}

export const withWorkflow = (workflow: string): Catalog => catalogOf(SHOP.replace(/ {2}ship: .*\n/, () => workflow));

export const shipWith = (lines: string): string =>
  SHOP.replace(/ {2}ship: .*\n/, `  ship:\n    type: basic\n    service: web\n    environment: prod\n${lines}`);

export function replaced(from: string, to: string): string {
  if (!SHOP.includes(from)) throw new Error(`the fixture has no ${from}`);
  return SHOP.replace(from, to);
}

export function problemsOf(text: string): readonly string[] {
  let next = 0;
  const applied = applyFiles(null, [{ name: 'shop.yaml', text }], { newId: () => `id${++next}` });
  return 'problems' in applied ? applied.problems.map(({ path, reason, mend }) => `${path}: ${reason}. ${mend}`) : [];
}
