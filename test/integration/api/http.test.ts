import http from 'node:http';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../../control-plane/api/http/problem.ts';
import { localPath } from '../../../control-plane/api/http/login.ts';
import { nodeOf } from './fake-views.ts';
import { READER_KEY } from './fake-use-cases.ts';
import { serve } from './serve.ts';
import type { Answer, Served } from './serve.ts';

let served: Served;
let web: string;
beforeAll(async () => {
  // Below a hidden folder, as whatever npx or nvm installs.
  web = await mkdtemp(path.join(tmpdir(), '.fairlead-web-'));
  await mkdir(path.join(web, 'assets'));
  await writeFile(path.join(web, 'index.html'), '<title>the page</title>');
  await writeFile(path.join(web, 'assets', 'a.js'), 'js');
  await writeFile(path.join(web, '.secret'), 'hidden');
  served = await serve({ webDirectory: web });
});
afterAll(async () => {
  await served.http.close();
  await rm(web, { recursive: true });
});

function problem(answer: Answer) {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = problemSchema.strict().parse(answer.json);
  expect(body.status).toBe(answer.status);
  expect(body.failures.length).toBeGreaterThan(0);
  for (const each of body.failures) expect(each.mend).not.toBe('');
  return body;
}

describe('an offer to speak HTTP/2', () => {
  const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };

  const send = (method: string, target: string, body = ''): Promise<{ status: number; json: unknown }> =>
    new Promise((resolve, reject) => {
      const headers = { ...offer, 'x-api-key': READER_KEY, 'content-type': 'application/json' };
      const request = http.request(`${served.http.url}${target}`, { method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(parts).toString()) as unknown });
        });
      });
      request.on('error', reject);
      request.end(body);
    });

  it('is ignored, as clients that send it with every request expect', async () => {
    expect(await send('GET', '/api/v1/me')).toMatchObject({ status: 200, json: { name: 'rita' } });
  });

  it('hides no body', async () => {
    const answer = await send('POST', '/api/v1/definitions/explain', '{"files":"none"}');
    expect(answer).toMatchObject({ status: 400, json: { failures: [{ field: 'files' }] } });
  });
});

describe('who is asking', () => {
  it('refuses what comes without a key, with a wrong one, or without the right', async () => {
    const none = await served.call('GET', '/api/v1/agents', { headers: { authorization: '' } });
    expect(problem(none)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = await served.call('GET', '/api/v1/agents', { headers: { authorization: 'Bearer nope' } });
    expect(problem(wrong).code).toBe('UNAUTHENTICATED');
    const reader = await served.call('POST', '/api/v1/executions', {
      body: {},
      headers: { authorization: `Bearer ${READER_KEY}` },
    });
    expect(problem(reader)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('takes x-api-key as well', async () => {
    const answer = await served.call('GET', '/api/v1/me', { headers: { authorization: '', 'x-api-key': READER_KEY } });
    expect(answer.json).toMatchObject({ name: 'rita', rights: ['read'] });
  });

  it('does not read the body of a stranger', async () => {
    const answer = await served.call('POST', '/api/v1/executions', { raw: '{', headers: { authorization: '' } });
    expect(problem(answer).code).toBe('UNAUTHENTICATED');
  });
});

describe('sessions of the page', () => {
  async function logIn(query = ''): Promise<Answer> {
    const made = await served.call('POST', '/api/v1/login-tokens', { body: {} });
    return served.call('GET', `${String(made.json['path'])}${query}`, { headers: { authorization: '' } });
  }

  it('trades a link for a cookie, once, and goes where it was told', async () => {
    const answer = await logIn('&next=/executions/ex1');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/executions/ex1');
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^fairlead_session=session-\d+; HttpOnly; SameSite=Strict; Path=\/; Max-Age=3\d{3}$/);
    const again = await served.call('GET', '/login?token=login-1', { headers: { authorization: '' } });
    expect(problem(again).code).toBe('UNAUTHENTICATED');
    const headers = { authorization: '', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const inBrowser = await served.call('GET', '/login?token=login-1&next=/queues', { headers });
    expect([inBrowser.status, inBrowser.headers.get('location')]).toEqual([303, '/queues']);
    expect(inBrowser.headers.get('set-cookie')).toBeNull();
  });

  it('is not used up by a preview of the link', async () => {
    const made = await served.call('POST', '/api/v1/login-tokens', { body: {} });
    expect((await served.call('HEAD', String(made.json['path']))).status).toBe(405);
    expect((await served.call('GET', String(made.json['path']))).status).toBe(303);
  });

  it('never redirects to another site', () => {
    const elsewhere = [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '\t//evil.example',
      '/%0d%0aX: y\r\nX: y',
      undefined,
      ['/a'],
    ];
    for (const next of elsewhere) expect(localPath(next)).toBe('/');
    expect(localPath('/executions/ex1?tab=log')).toBe('/executions/ex1?tab=log');
  });

  it('lets only the page itself change anything with the cookie', async () => {
    const cookie = (await logIn()).headers.get('set-cookie')?.split(';')[0] ?? '';
    const post = (headers: Record<string, string>) =>
      served.call('POST', '/api/v1/executions', { body: {}, headers: { authorization: '', cookie, ...headers } });
    expect(problem(await post({ origin: 'http://evil.example' })).code).toBe('FORBIDDEN');
    expect(problem(await post({ origin: 'null' })).code).toBe('FORBIDDEN');
    expect(problem(await post({})).code).toBe('FORBIDDEN');
    expect((await post({ origin: served.http.url })).status).toBe(201);
    const read = await served.call('GET', '/api/v1/me', { headers: { authorization: '', cookie } });
    expect(read.json).toMatchObject({ name: 'ada' });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('marks cookies secure behind https', async () => {
    const secure = await serve({ publicUrl: 'https://fairlead.example/' });
    const { token } = await secure.useCases.createLoginToken({ id: 'a', name: 'a', kind: 'KEY', rights: ['*'] });
    const answer = await secure.call('GET', `/login?token=${token}`);
    expect(answer.headers.get('set-cookie')).toContain('; Secure');
    expect(answer.headers.get('strict-transport-security')).not.toBeNull();
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    const headers = { authorization: '', cookie, origin: 'https://fairlead.example' };
    expect((await secure.call('POST', '/api/v1/executions', { body: {}, headers })).status).toBe(201);
    await secure.http.close();
  });
});

describe('deploying', () => {
  it('is the same execution for the same key and request, and refused for another request', async () => {
    const deploy = (variables: Record<string, string>) =>
      served.call('POST', '/api/v1/executions', {
        body: { name: 'ship-web', variables },
        headers: { 'idempotency-key': 'run-17' },
      });
    const first = await deploy({ a: '1' });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/api/v1/executions/${String(first.json['executionId'])}`);
    const second = await deploy({ a: '1' });
    expect([second.status, second.json['executionId']]).toEqual([200, first.json['executionId']]);
    expect(problem(await deploy({ a: '2' }))).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' });
  });

  it.each(['rerun', 'resume-pipeline'])('starts one %s for the same key', async (verb) => {
    const ask = () =>
      served.call('POST', `/api/v1/executions/last/${verb}`, { body: {}, headers: { 'idempotency-key': 'run-18' } });
    const answers = [await ask(), await ask()];
    expect(answers.map(({ status, json }) => [status, json])).toEqual([
      [201, { executionId: expect.any(String), created: true }],
      [200, { executionId: answers[0]?.json['executionId'], created: false }],
    ]);
  });

  it('answers a long journal in pages', async () => {
    const id = served.useCases.create('ship-web');
    for (let seq = 1; seq < 120; seq += 1) served.useCases.change(id, []);
    const page = async (query: string) => {
      const { json } = await served.call('GET', `/api/v1/executions/${id}/journal${query}`);
      return z.object({ records: z.array(z.object({ seq: z.int() })), next: z.int().nullable() }).parse(json);
    };
    const [first, second, last] = [await page(''), await page('?after=50&limit=69'), await page('?after=119')];
    expect([first.records.length, first.next]).toEqual([50, 50]);
    expect([second.records[0]?.seq, second.next]).toEqual([51, 119]);
    expect(last).toEqual({ records: [{ seq: 120 }], next: null });
    expect((await served.call('GET', `/api/v1/executions/${id}/journal?limit=201`)).status).toBe(400);
  });

  it('tells everything that is wrong at once', async () => {
    const answer = await served.call('POST', '/api/v1/executions?x=1', {
      body: { name: 7, variables: { port: 80 }, artefacts: {} },
      headers: { 'idempotency-key': 'a b' },
    });
    const body = problem(answer);
    expect(body).toMatchObject({ status: 400, code: 'INVALID_INPUT', title: 'Invalid input' });
    expect(body.failures.map((each) => each.field).sort()).toEqual(
      ['Idempotency-Key', 'artefacts', 'name', 'variables.port', 'x'].sort(),
    );
    expect(body.failures.find((each) => each.field === 'artefacts')?.mend).toContain('artifacts');
  });

  it('keeps names that mean something to the language out of harm', async () => {
    const deploy = (raw: string) => served.call('POST', '/api/v1/executions', { raw });
    const refused = problem(await deploy('{"variables":{"__proto__":"x","a":1},"artifacts":{"__proto__":"1"}}'));
    expect(refused.failures.map(({ field }) => field).toSorted()).toEqual([
      'artifacts.__proto__',
      'variables.__proto__',
      'variables.a',
    ]);
    expect(refused.failures[0]?.reason).toContain("'__proto__' cannot be used as a name");
    const query = await served.call('GET', '/api/v1/executions?__proto__=x');
    expect(problem(query).failures[0]?.field).toBe('__proto__');
    expect((await deploy('{"variables":{"constructor":"y"}}')).status).toBe(201);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(Object.prototype.constructor).toBe(Object);
  });
});

describe('definitions', () => {
  it('presents every problem with its file, line and mend', async () => {
    const answer = await served.call('POST', '/api/v1/definitions/apply', {
      body: { files: [{ name: 'a.yaml', text: 'WRONG' }] },
    });
    expect(problem(answer).failures).toEqual([
      expect.objectContaining({ file: 'a.yaml', line: 3, column: 5, field: 'services.web.type', mend: 'Use ssh/tar.' }),
      expect.objectContaining({ file: 'a.yaml', line: 9, field: 'workflows.x' }),
    ]);
  });
});

describe('lists', () => {
  it('pages through everything once', async () => {
    const own = await serve();
    const made = Array.from({ length: 7 }, () => own.useCases.create()).reverse();
    const seen: unknown[] = [];
    let next: unknown = '';
    while (next !== null) {
      const cursor = next === '' ? '' : `&cursor=${encodeURIComponent(String(next))}`;
      const page = await own.call('GET', `/api/v1/executions?limit=3${cursor}`);
      seen.push(...(page.json['rows'] as { executionId: string }[]).map((row) => row.executionId));
      next = page.json['next'];
    }
    expect(seen).toEqual(made);
    await own.http.close();
  });

  it('checks filter and limit', async () => {
    const body = problem(await served.call('GET', '/api/v1/executions?limit=0&status=RUNNING,NOPE'));
    expect(body.failures.map((each) => each.field)).toEqual(['status.1', 'limit']);
    expect(body.failures[0]?.mend).toContain('SUCCESS');
    const words = problem(await served.call('GET', '/api/v1/executions?limit=all'));
    expect(words.failures[0]?.reason).toBe("limit: 'all' is no number.");
    expect((await served.call('GET', '/api/v1/executions?status=RUNNING,FAILED&limit=2')).status).toBe(200);
  });
});

describe('logs', () => {
  it('are plain text, with a line where some was dropped', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const attempt = `${id}/r/p.0/s/t@web-1#1`;
    useCases.appendLog(attempt, Buffer.from('one\n'));
    useCases.appendLog(attempt, Buffer.from('two\n'), 10);
    const answer = await served.call('GET', `/api/v1/attempts/${encodeURIComponent(attempt)}/log`);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe('one\n\n… 10 bytes were dropped here …\ntwo\n');
    const rest = await served.call('GET', `/api/v1/attempts/${encodeURIComponent(attempt)}/log?from=16`);
    expect(rest.text).toBe('o\n');
    expect(problem(await served.call('GET', '/api/v1/attempts/x%2Fy/log')).code).toBe('NOT_FOUND');
  });

  it('are followed until the attempt has ended', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const attempt = `${id}/r/p.0/s/t@web-1#1`;
    useCases.change(id, [nodeOf(attempt, null, 'attempt', { attemptId: attempt })]);
    useCases.appendLog(attempt, Buffer.from('one\n'));
    const url = `${served.http.url}/api/v1/attempts/${encodeURIComponent(attempt)}/log?follow=true`;
    const response = await fetch(url, { headers: { authorization: 'Bearer key-admin' } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('one\n');
    useCases.appendLog(attempt, Buffer.from('two\n'));
    expect((await reader?.read())?.value).toBe('two\n');
    useCases.change(id, [nodeOf(attempt, null, 'attempt', { attemptId: attempt, status: 'SUCCESS' })]);
    useCases.ring(attempt);
    expect((await reader?.read())?.done).toBe(true);
    expect(useCases.watchers).toBe(0);
  });

  it('are whole when the attempt has ended, though their last bytes come after that, or say what is missing', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const attempt = `${id}/r/p.0/s/t@web-1#1`;
    useCases.change(id, [nodeOf(attempt, null, 'attempt', { attemptId: attempt, status: 'SUCCESS' })]);
    useCases.appendLog(attempt, Buffer.from('one\n'));
    const path = `/api/v1/attempts/${encodeURIComponent(attempt)}/log`;
    useCases.rest = async () => {
      useCases.appendLog(attempt, Buffer.from('two\n'));
      return 7;
    };
    const missing = '\n… the last 7 bytes of this log have not arrived …\n';
    expect((await served.call('GET', `${path}?follow=true`)).text).toBe(`one\ntwo\n${missing}`);
    expect((await served.call('GET', path)).text).toBe(`one\ntwo\ntwo\n${missing}`);
    useCases.rest = async () => 0;
  });

  it('stop being followed when the reader goes', async () => {
    const { useCases } = served;
    const id = useCases.create();
    const attempt = `${id}/r/p.0/s/t@web-1#1`;
    useCases.appendLog(attempt, Buffer.from('one\n'));
    const stop = new AbortController();
    const url = `${served.http.url}/api/v1/attempts/${encodeURIComponent(attempt)}/log?follow=true`;
    await fetch(url, { headers: { authorization: 'Bearer key-admin' }, signal: stop.signal });
    stop.abort();
    await expect.poll(() => useCases.watchers).toBe(0);
  });
});

describe('hostile requests', () => {
  it('are refused in words', async () => {
    const json = '/api/v1/executions';
    expect(problem(await served.call('POST', json, { raw: '{"a":' }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(problem(await served.call('POST', json, { raw: '"text"' })).code).toBe('INVALID_INPUT');
    expect(problem(await served.call('POST', json, { raw: '[]' })).code).toBe('INVALID_INPUT');
    expect(problem(await served.call('POST', json)).failures[0]?.reason).toContain('missing');
    const form = { raw: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect(problem(await served.call('POST', json, form)).failures[0]?.mend).toContain('application/json');
    const huge = { raw: JSON.stringify({ name: 'x'.repeat(300_000) }) };
    expect(problem(await served.call('POST', json, huge))).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    const deep = { raw: `${'['.repeat(100_000)}${']'.repeat(100_000)}` };
    expect(problem(await served.call('POST', json, deep)).code).toBe('INVALID_INPUT');
    const charset = { raw: '{}', headers: { 'content-type': 'application/json; charset=latin9' } };
    expect(problem(await served.call('POST', json, charset)).code).toBe('INVALID_INPUT');
    expect(problem(await served.call('GET', '/api/v1/executions/%E0%A4%A')).failures[0]?.field).toBe('path');
    expect(problem(await served.call('PATCH', json)).failures[0]?.mend).toBe('This path takes POST and GET.');
    expect(problem(await served.call('GET', '/api/v2/x')).code).toBe('NOT_FOUND');
    expect(problem(await served.call('OPTIONS', json)).status).toBe(404);
    expect(served.logged).toEqual([]);
  });

  it('do not get out of the directory of the page', async () => {
    for (const sly of ['/../../../../etc/passwd', '/..%2f..%2f..%2fetc/passwd', '/assets/..%2f.secret', '/.secret']) {
      const text = await rawGet(sly);
      expect(text).not.toContain('root:');
      expect(text).not.toContain('hidden');
    }
  });

  /** `fetch` would tidy the path up before sending it. */
  function rawGet(pathname: string): Promise<string> {
    return new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port: served.http.port, path: pathname }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('end', () => resolve(text));
        })
        .on('error', reject);
    });
  }

  it('that meet a bug learn nothing of it but its id, which the log has', async () => {
    const own = await serve();
    own.useCases.listAgents = () => Promise.reject(new Error('secret insides'));
    const body = problem(await own.call('GET', '/api/v1/agents'));
    expect(body).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(JSON.stringify(body)).not.toContain('secret insides');
    expect(own.logged.join('')).toContain(body.instance);
    await own.http.close();
  });
});

describe('the page', () => {
  it('is served with its index for every path of its own, under a strict policy', async () => {
    const index = await served.call('GET', '/executions/ex1');
    expect(index.text).toBe('<title>the page</title>');
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const policy = index.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(index.headers.get('x-content-type-options')).toBe('nosniff');
    expect(index.headers.get('x-powered-by')).toBeNull();
    const asset = await served.call('GET', '/assets/a.js');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(problem(await served.call('GET', '/assets/b.js')).status).toBe(404);
    expect((await served.call('GET', '/api/v1/me')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('health', () => {
  it('is alive always and ready while the store answers', async () => {
    const own = await serve();
    expect((await own.call('GET', '/healthz', { headers: { authorization: '' } })).json).toEqual({ ok: true });
    expect((await own.call('GET', '/readyz', { headers: { authorization: '' } })).status).toBe(200);
    const reads = own.useCases.reads;
    await Promise.all(Array.from({ length: 20 }, () => own.call('GET', '/readyz')));
    expect(own.useCases.reads).toBe(reads);
    await own.http.close();
    const broken = await serve();
    broken.useCases.listExecutions = () => Promise.reject(new Error('no store'));
    expect((await broken.call('GET', '/readyz')).status).toBe(503);
    expect((await broken.call('GET', '/healthz')).status).toBe(200);
    await broken.http.close();
  });
});
