import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { family, late, runtime } from '@fairlead/proto/expressions/index.ts';
import { testAttempt, type AttemptOptions } from '../../../test/support/ssh-host/attempt.ts';
import { createHttpPlatform } from './index.ts';

let server: http.Server;
let other: http.Server;
let base = '';
let elsewhere = '';
let ready = 0;
const seen: { url: string; headers: http.IncomingHttpHeaders; method: string; body: string }[] = [];

const listen = async (handler: http.RequestListener): Promise<[http.Server, string]> => {
  const made = http.createServer(handler);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return [made, `http://127.0.0.1:${(made.address() as AddressInfo).port}`];
};

beforeAll(async () => {
  [other, elsewhere] = await listen((request, response) => response.end(JSON.stringify(request.headers)));
  [server, base] = await listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => {
      const url = request.url ?? '';
      seen.push({ url, headers: request.headers, method: request.method ?? '', body: Buffer.concat(parts).toString() });
      if (url === '/json') response.end('{"build":{"number":7},"ok":true}');
      else if (url === '/500') response.writeHead(500).end('database   is\ndown');
      else if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else if (url === '/nowhere') response.writeHead(302, { location: 'http://' }).end();
      else if (url === '/moved') response.writeHead(302, { location: '/json' }).end();
      else if (url === '/away') response.writeHead(307, { location: elsewhere }).end();
      else if (url === '/big') response.end('x'.repeat(3_000_000));
      else if (url === '/echo') {
        const said = Buffer.concat(parts).toString();
        response.end(`${'.'.repeat(100)}${said}${'.'.repeat(65_500 - said.length)}${said}`);
      } else if (url === '/ready') response.writeHead((ready -= 1) > 0 ? 503 : 200).end('state');
      else if (url !== '/hang') response.end('fine');
    });
  });
});
afterAll(() => {
  for (const each of [server, other]) {
    each.closeAllConnections();
    each.close();
  }
});

const platform = createHttpPlatform();
const attemptOf = (parameters: object, more: Partial<AttemptOptions['task']> = {}) =>
  testAttempt({ secrets: { 'env:T': 'tok' }, task: { type: 'HTTP', parameters: parameters as never, ...more } });
const ask = (parameters: object, more: Partial<AttemptOptions['task']> = {}) =>
  platform.run(attemptOf(parameters, more));

describe('an HTTP step', () => {
  test('passes on any 2xx without an assertion and publishes the answer', async () => {
    expect(await ask({ url: `${base}/fine` })).toEqual({
      outcome: 'SUCCESS',
      outputs: { httpResponseCode: '200', httpResponseMethod: 'GET', httpResponseBody: 'fine' },
      touched: false,
    });
    const bad = await ask({ url: `${base}/500` });
    expect(bad).toMatchObject({
      outcome: 'FAILED',
      touched: false,
      failure: { code: 'ASSERTION_FAILED', details: { code: 500 } },
    });
    expect(bad.failure?.message).toContain("500 with 'database is down'");
  });

  test.each([
    ['POST', 0, false],
    ['PATCH', 0, false],
    ['POST', 1, true],
    ['PUT', 0, true],
    ['DELETE', 0, true],
    ['GET', 0, true],
  ])('%s with %i ms to retry, after a restart of the agent: asked again is %s', async (method, retryForMs, again) => {
    const url = `${base}/restart/${method}/${retryForMs}`;
    const given = { method, url, retryForMs };
    const first = attemptOf(given);
    await platform.run(first);
    const second = testAttempt({
      task: { type: 'HTTP', parameters: given as never },
      resumed: true,
      recorded: first.records,
    });
    const result = await platform.run(second);
    expect(seen.filter((each) => url.endsWith(each.url))).toHaveLength(again ? 2 : 1);
    if (again) expect(result.outcome).toBe('SUCCESS');
    else expect(result).toMatchObject({ outcome: 'FAILED', touched: true, failure: { code: 'OUTCOME_UNKNOWN' } });
  });

  test('shows no part of a secret that the answer repeats, where it is cut', async () => {
    const given = { url: `${base}/echo`, method: 'POST', body: { parts: [{ late: 'secret', name: 'env:LONG' }] } };
    const secrets = { 'env:LONG': 'correct-horse-battery-staple'.repeat(10) };
    const made = testAttempt({
      secrets,
      task: { type: 'HTTP', parameters: { ...given, assert: '${httpResponseCode} == 201' } as never },
    });
    const { failure, outputs } = await platform.run(made);
    for (const text of [failure?.message, JSON.stringify(outputs)]) expect(text).not.toContain('correct');
    expect(outputs?.['httpResponseBody']).toContain('********');
  });

  test('a redirect to what is no address is told as such', async () => {
    const { failure } = await ask({ url: `${base}/nowhere` });
    expect(failure).toMatchObject({ code: 'UNREACHABLE' });
    expect(failure?.message).toContain("redirects to 'http://', which is no address");
  });

  test('shows the assertion and the answer when it does not hold', async () => {
    expect((await ask({ url: `${base}/500`, assert: '${httpResponseCode} == 500' })).outcome).toBe('SUCCESS');
    const { failure } = await ask({ url: `${base}/json`, assert: '${httpResponseCode} == 201' });
    expect(failure?.code).toBe('ASSERTION_FAILED');
    expect(failure?.message).toContain('${httpResponseCode} == 201');
    expect(failure?.message).toContain('answered 200');
    const unknown = await ask({ url: `${base}/json`, assert: '${httpResponsecode} == 201' });
    expect(unknown.failure?.code).toBe('EXPRESSION');
  });

  test('assertions see the body and what the plan sent along', async () => {
    const assert = '${httpResponseBody}.contains("ok") && ${serviceVariable.port} == 8080';
    const context = {
      ...attemptOf({}).task.context,
      layers: [{ serviceVariable: family({ port: runtime('8080') }, { closed: true }) }],
    };
    expect(await ask({ url: `${base}/json`, assert }, { context })).toMatchObject({ outcome: 'SUCCESS' });
  });

  test('is not harmed by values of the plan that are not known here, but by the use of one', async () => {
    const context = {
      ...testAttempt({ task: { type: 'HTTP', parameters: {} } }).task.context,
      layers: [
        {
          serviceVariable: family({
            port: runtime('8080'),
            health: { kind: 'late', text: { parts: ['http://', { late: 'instance', path: 'hostName' }] } } as const,
            password: late({ late: 'secret', name: 'env:NOT_HERE' }),
            token: late({ late: 'secret', name: 'env:T' }),
          }),
        },
      ],
    };
    const url = `${base}/json`;
    expect(await ask({ url }, { context })).toMatchObject({ outcome: 'SUCCESS' });
    const variables = { port: '${serviceVariable.port}' };
    expect(await ask({ url, variables }, { context })).toMatchObject({ outputs: { port: '8080' } });
    for (const name of ['health', 'password']) {
      const taken = await ask({ url, variables: { it: `\${serviceVariable.${name}}` } }, { context });
      expect(taken).toMatchObject({ outcome: 'FAILED', failure: { code: 'EXPRESSION' } });
      const asserted = await ask({ url, assert: `\${serviceVariable.${name}} == 'x'` }, { context });
      expect(asserted).toMatchObject({ outcome: 'FAILED', failure: { code: 'EXPRESSION' } });
    }
  });

  test('takes variables from the answer', async () => {
    const variables = { build: '${json.select("build.number", httpResponseBody)}', code: 'httpResponseCode' };
    expect((await ask({ url: `${base}/json`, variables })).outputs).toMatchObject({ build: '7', code: '200' });
  });

  test('sends method, headers and body, secrets filled in', async () => {
    const headers = { authorization: { parts: ['Bearer ', { late: 'secret', name: 'env:T' }] } };
    const result = await ask({ url: `${base}/post`, method: 'POST', headers, body: '{"ü":1}' });
    expect(result).toMatchObject({ outcome: 'SUCCESS', touched: true });
    const last = seen.at(-1);
    expect(last).toMatchObject({ method: 'POST', body: '{"ü":1}' });
    expect(last?.headers).toMatchObject({ authorization: 'Bearer tok', 'content-length': '8' });
  });

  test('follows a few redirects, and tells no other origin what is private', async () => {
    expect((await ask({ url: `${base}/moved` })).outputs).toMatchObject({ httpResponseCode: '200' });
    expect((await ask({ url: `${base}/loop` })).failure?.message).toContain('redirects more than 5 times');
    const away = await ask({ url: `${base}/away`, headers: { authorization: 'Bearer tok', 'x-plain': 'yes' } });
    expect(away.outputs?.['httpResponseBody']).toContain('x-plain');
    expect(away.outputs?.['httpResponseBody']).not.toContain('Bearer');
  });

  test('bounds what it reads and publishes', async () => {
    const body = (await ask({ url: `${base}/big` })).outputs?.['httpResponseBody'];
    expect(typeof body === 'string' ? body.length : 0).toBe(65_536);
  });

  test('keeps asking until the assertion holds', async () => {
    ready = 3;
    const what = attemptOf({ url: `${base}/ready`, retryForMs: 10_000 });
    expect((await platform.run(what)).outcome).toBe('SUCCESS');
    expect(what.lines().match(/: 503/g)).toHaveLength(2);
  });

  test('tells the ways of not getting an answer apart', async () => {
    expect((await ask({ url: 'ftp://x/' })).failure).toMatchObject({ code: 'INVALID_INPUT', field: 'url' });
    expect((await ask({ url: 'http://127.0.0.1:1/' })).failure).toMatchObject({
      code: 'UNREACHABLE',
      details: { errno: 'ECONNREFUSED' },
    });
    expect((await ask({ url: 'http://no-such-host.invalid/' })).failure?.code).toBe('UNREACHABLE');
    expect((await ask({ url: `${base}/fine`, headers: { 'bad header': 'x' } })).failure?.code).toBe('INVALID_INPUT');
    const slow = await ask({ url: `${base}/hang` }, { timeoutMs: 100 });
    expect(slow.failure).toMatchObject({ code: 'UNREACHABLE' });
  });

  test('is not asked twice by itself for what was sent and not heard of, where that would do its work twice', async () => {
    const lost = async (parameters: object) => (await ask(parameters, { timeoutMs: 100 })).failure;
    const post = await lost({ url: `${base}/hang`, method: 'POST', body: 'x' });
    expect(post).toMatchObject({ code: 'UNREACHABLE', details: { confirmed: false } });
    expect(post?.message).toContain('it was sent, and may have been carried out');
    const others = [
      { url: `${base}/hang`, method: 'PUT', body: 'x' },
      { url: 'http://127.0.0.1:1/', method: 'POST', body: 'x' },
    ];
    for (const each of others) expect((await lost(each))?.details ?? {}).not.toHaveProperty('confirmed');
    const what = attemptOf({ url: `${base}/hang`, method: 'POST' });
    setTimeout(() => what.stop({ kind: 'timeout', graceMs: 0 }), 50);
    expect((await platform.run(what)).failure).toMatchObject({ code: 'STEP_TIMEOUT', details: { confirmed: false } });
  });

  test('a cancel is prompt', async () => {
    const what = attemptOf({ url: `${base}/hang` });
    setTimeout(() => what.stop({ kind: 'cancel', graceMs: 1_000 }), 50);
    expect(await platform.run(what)).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: false });
  });
});
