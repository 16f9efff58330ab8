/** Definitions as people write them: what is planned late, asks for inputs, is resumed or run again is planned from these. */
import { applyFiles } from '../../control-plane/definitions/change-set.ts';
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import type { MemoryData } from '../support/memory-store/index.ts';

const TEXT = `fairlead: v1
application: shop
guards: { backup: 1, wide: { capacity: 2, strategy: asap } }
services:
  web:
    type: ssh/tar
    artifact: { directory: /builds, match: 'web-(?<build>\\d+)\\.tgz' }
    start: bin/start
    stop: bin/stop
environments:
  qa:
    infrastructure:
      lab: { hosts: [h1, h2], login: { user: deploy, password: 'secret:env:QA' } }
  prod:
    type: production
    infrastructure:
      eu: { hosts: [h3, h4], login: { user: deploy, password: 'secret:env:PROD' } }
      us: { hosts: [h5, h6], login: { user: deploy, password: 'secret:env:PROD' } }
workflows:
  place:
    type: canary
    service: web
    environment: \${Environment}
    infrastructure: \${Infrastructure}
    inputs: { note: { default: none, values: [none, some] } }
    before:
      - { guard: wide, timeout: 20s }
      - { script: prepare, timeout: 10s }
    phases:
      - hosts: 50%
        verify:
          - { script: look, timeout: 10s }
          - { barrier: half, timeout: 20s }
      - hosts: 100%
    onFailure:
      - { on: connectivity, retry: 1, every: 1s }
      - { on: any, do: rollback }
  roll: { type: rolling, service: web, environment: qa, batch: 1 }
pipelines:
  release:
    rollbackOnFailure: true
    stages:
      - { name: QA, workflow: roll }
      - { name: Sign-off, approval: { groups: [release], timeout: 15s } }
      - name: Prod
        workflow: place
        variables: { Environment: prod }
        infrastructures: [eu, us]
        ask: { variables: [note], timeout: 15s, onTimeout: defaults }
  asking:
    stages:
      - name: Where
        workflow: place
        variables: { Environment: '\${Environment}', Infrastructure: '\${Infrastructure}' }
        ask: { variables: [Environment, Infrastructure], timeout: 15s, onTimeout: end }
      - { name: Never, workflow: roll, skip: true }
      - { name: Then, workflow: roll, skip: '\${workflow.variables.none} == "1"' }
`;

export const PIPELINES = ['release', 'release', 'asking'] as const;
export const WORKFLOWS = ['roll'] as const;

let made: string | null = null;

/** Once for all seeds: the same ids everywhere. */
function changeSet(): string {
  if (made !== null) return made;
  let next = 0;
  const applied = applyFiles(null, [{ name: 'shop.yaml', text: TEXT }], { newId: () => `d${(next += 1)}` });
  if ('problems' in applied) {
    const problems = applied.problems.map(({ line, path, reason, mend }) => `${line} ${path}: ${reason}. ${mend}`);
    throw new Error(problems.join('\n'));
  }
  const body = { changeSet: applied.changeSet, by: 'ann', at: 0 } as unknown as Json; // Plain data.
  made = canonicalJson(body);
  return made;
}

export function applyTo(data: MemoryData): void {
  data.documents.set('changeSets', new Map([['definitions:0000000001', { version: 1, body: changeSet() }]]));
}
