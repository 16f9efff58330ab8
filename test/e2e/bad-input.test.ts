/** What is wrong is told at once, all of it, where it stands, and changes nothing; what is hostile holds up nobody. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemSchema, type ProblemBody } from '@fairlead/control-plane/api/http/problem.ts';
import { ask, demand, startControlPlane, startProgram, until, type ControlPlane } from './fairlead-process.ts';
import { buildProgram } from './program.ts';
import {
  AGENT_ENVIRONMENT,
  applyDefinition,
  deploy,
  expectExactlyOnce,
  makeUnitsWorld,
  untilSettled,
  viewOf,
  type UnitsWorld,
} from './units-world.ts';

let directory: string;
let program: string;
let units: UnitsWorld;
let plane: ControlPlane;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-bad-input-'));
  program = await buildProgram();
  units = await makeUnitsWorld(directory, 300);
  plane = await startControlPlane(program, join(directory, 'data'), AGENT_ENVIRONMENT);
  await applyDefinition(plane, units.definition);
  const builds = join(directory, 'builds');
  mkdirSync(builds);
  for (const build of [7, 8, 9]) writeFileSync(join(builds, `shop-${build}.tgz`), '');
  await apply([{ name: 'shop.yaml', text: shop(builds) }]);
});
afterAll(async () => {
  await plane.stop();
  await units.remove();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

interface File {
  readonly name: string;
  readonly text: string;
}
const apply = (files: readonly File[]) => demand(applied, ask(plane, 'POST', '/definitions/apply', { files }));
const applied = z.object({ revision: z.int() });

/** Beside the application of the units: a service with builds, one without, and two workflows that ask for much. */
function shop(builds: string): string {
  const [host] = units.hosts;
  return `fairlead: v1
application: shop
services:
  web:
    type: ssh/tar
    artifact: { directory: ${builds}, match: 'shop-(?<build>\\d+)\\.tgz' }
    start: bin/start
  job:
    type: ssh/other
environments:
  prod:
    infrastructure:
      local:
        hosts: [{ name: h, address: 127.0.0.1, port: ${host?.port ?? 0}, hostKey: '${host?.target.hostKey ?? ''}' }]
        login: { user: deploy, password: secret:env:PASSWORD }
workflows:
  ship:
    type: basic
    service: \${Service}
    environment: prod
    inputs:
      Service: { type: service, of: ssh/tar }
      ticket: { required: true, pattern: 'CHG-\\d+' }
  bomb:
    type: basic
    service: job
    environment: prod
    inputs: { text: { required: true, pattern: '(a|aa|a*)*!' } }
    verify:
      - script: 'true'
        skip: "\${workflow.variables.text} =~ '((a+)+)+'"
      - script: 'true'
        name: second
        skip: "\${workflow.variables.text} =~ '(a|a?)+!'"
`;
}

const FIVE_MISTAKES = `fairlead: v1
application: shop
services:
  web:
    type: ssh/tra
    artifact: { directory: /srv/builds, match: 'web-(?<build>\\d+)\\.tgz' }
environments:
  prod:
    infrastructure:
      local:
        hosts: [web-1, web-2]
        login: { user: deploy, password: hunter2 }
workflows:
  ship:
    type: rolling
    service: wbe
    environment: prod
    batch: 25%
    verify:
      - script: 'true'
        timeout: soon
    onFailure:
      - { on: conectivity, retry: 2 }
`;
const LOCATED = [
  { line: 5, column: 11, field: 'services.web.type', mend: "Did you mean 'ssh/tar'?" },
  { line: 12, column: 42, field: 'environments.prod.infrastructure.local.login.password', mend: 'secret:env:NAME' },
  { line: 16, column: 14, field: 'workflows.ship.service', mend: "Did you mean 'web'?" },
  { line: 21, column: 18, field: 'workflows.ship.verify[0].timeout', mend: '30s' },
  { line: 23, column: 15, field: 'workflows.ship.onFailure[0].on', mend: "Did you mean 'connectivity'?" },
];

async function definitions(): Promise<unknown> {
  const { status, body } = await ask(plane, 'GET', '/definitions');
  expect(status).toBe(200);
  return body;
}

async function listed(): Promise<readonly string[]> {
  const page = z.object({ rows: z.array(z.object({ executionId: z.string() })) });
  const { rows } = await demand(page, ask(plane, 'GET', '/executions?limit=200'));
  return rows.map((row) => row.executionId);
}

/** Refused, and nothing was started. */
async function refused(body: object): Promise<ProblemBody> {
  const before = await listed();
  const answer = await ask(plane, 'POST', '/executions', { application: 'shop', ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBeGreaterThanOrEqual(400);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
  expect(await listed()).toEqual(before);
  return problemSchema.parse(answer.body);
}

describe('a file with five mistakes', () => {
  it('is answered with five located errors, and changes nothing', async () => {
    const before = await definitions();
    const answer = await ask(plane, 'POST', '/definitions/apply', {
      files: [{ name: 'shop.yaml', text: FIVE_MISTAKES }],
    });
    expect(answer.status).toBe(400);
    const { failures } = problemSchema.parse(answer.body);
    expect(failures, JSON.stringify(failures, null, 1)).toHaveLength(5);
    for (const [index, { mend, ...place }] of LOCATED.entries()) {
      expect(failures[index]).toMatchObject({ file: 'shop.yaml', ...place });
      expect(failures[index]?.mend).toContain(mend);
      expect(failures[index]?.reason).not.toBe('');
    }
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect(await definitions()).toEqual(before);
  });

  it('is told by the command in five lines that name file, line and path', async () => {
    const before = await definitions();
    const file = join(directory, 'shop.yaml');
    writeFileSync(file, FIVE_MISTAKES);
    const command = startProgram(program, ['apply', '-f', file], {
      FAIRLEAD_SERVER: plane.url,
      FAIRLEAD_KEY: plane.key,
    });
    expect(await command.ended).toEqual({ code: 2, signal: null });
    const lines = command.output().trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    for (const [index, { line, column, field, mend }] of LOCATED.entries()) {
      expect(lines[index]).toContain(`shop.yaml:${line}:${column}: ${field}: `);
      expect(lines[index]).toContain(mend);
    }
    expect(await definitions()).toEqual(before);
  });
});

describe('a request that cannot be carried out is refused before anything starts', () => {
  it('an unknown build, and which there are', async () => {
    const { failures } = await refused({
      name: 'ship',
      variables: { Service: 'web', ticket: 'CHG-1' },
      artifacts: { web: '12' },
    });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'NO_ARTIFACT' });
    for (const known of ['9', '8', '7']) expect(failures[0]?.mend).toContain(known);
  });

  it('a missing variable, and one of the wrong form', async () => {
    const missing = await refused({ name: 'ship', variables: { Service: 'web' } });
    expect(missing.failures).toMatchObject([{ code: 'INVALID_INPUT', field: 'variables.ticket' }]);
    expect(missing.failures[0]?.mend).toContain('--var ticket=');
    const wrong = await refused({ name: 'ship', variables: { Service: 'web', ticket: 'please' } });
    expect(wrong.failures).toMatchObject([{ field: 'variables.ticket' }]);
    expect(wrong.detail).toContain('CHG-');
  });

  it('a service of another type, one that does not exist, and all problems at once', async () => {
    const other = await refused({ name: 'ship', variables: { Service: 'job', ticket: 'CHG-1' } });
    expect(other.failures).toMatchObject([{ field: 'variables.Service' }]);
    expect(other.detail).toMatch(/job.*ssh\/other.*ssh\/tar/);
    expect(JSON.stringify(other.failures)).toContain('Services of that type: web.');
    const all = await refused({ name: 'ship', variables: { Service: 'wep', tikket: 'x' } });
    expect(all.failures.map((each) => each.field).toSorted()).toEqual([
      'variables.Service',
      'variables.ticket',
      'variables.tikket',
    ]);
    expect(JSON.stringify(all.failures)).toContain("Did you mean 'web'?");
    expect(JSON.stringify(all.failures)).toContain("Did you mean 'ticket'?");
  });

  it('an unknown workflow, and which there are', async () => {
    const { failures } = await refused({ name: 'shop', variables: {} });
    expect(failures).toMatchObject([{ code: 'NOT_FOUND', field: 'name' }]);
    expect(JSON.stringify(failures)).toMatch(/ship/);
  });
});

describe('a regular expression made to hang', () => {
  const setOff = async (beside: string): Promise<void> => {
    const fuse = 'a'.repeat(20_000);
    const started = z.object({ executionId: z.string() });
    const start = (text: string) =>
      demand(
        started,
        ask(plane, 'POST', '/executions', { application: 'shop', name: 'bomb', variables: { text: `${text}!` } }),
      );
    const bombs = await Promise.all([start(fuse), start(fuse.slice(1)), start(fuse.slice(2))]);
    // The list is written a moment after they have begun.
    const begun = [beside, ...bombs.map((each) => each.executionId)];
    const areListed = async (): Promise<boolean> => {
      const ids = new Set(await listed());
      return begun.every((id) => ids.has(id));
    };
    await until('all are listed', areListed, 10_000);
    const { failures } = await refused({ name: 'bomb', variables: { text: fuse } });
    expect(failures).toMatchObject([{ field: 'variables.text' }]);
    for (const { executionId } of bombs) {
      await untilSettled(plane, executionId, 30_000, plane.output());
      const { header, nodes } = await viewOf(plane, executionId);
      expect(header).toMatchObject({ status: 'SUCCESS', parked: null });
      // The first condition does not hold, the second does.
      const steps = nodes.filter((node) => node.kind === 'step' && node.parent?.endsWith('/s5') === true);
      expect(steps.map((node) => node.status)).toEqual(['SUCCESS', 'SKIPPED']);
    }
  };

  it('holds up nobody: others run and the API answers meanwhile', async () => {
    const running = await deploy(plane, 'beside-the-bomb');
    const waits: number[] = [];
    let over = false;
    const probing = (async () => {
      while (!over) {
        const asked = performance.now();
        expect((await ask(plane, 'GET', '/me')).status).toBe(200);
        waits.push(performance.now() - asked);
        await sleep(20);
      }
    })();
    try {
      await setOff(running);
      await untilSettled(plane, running, 30_000, plane.output());
    } finally {
      over = true;
      await probing;
    }
    await expectExactlyOnce(plane, units, running, 'beside-the-bomb');
    // A backtracking engine would need longer than the sun has.
    expect(Math.max(...waits)).toBeLessThan(5_000);
  }, 90_000);
});
