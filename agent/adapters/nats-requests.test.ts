import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentAnswer } from '@fairlead/proto/model/task.ts';
import { SILENT } from '../ports/logger.ts';
import { NatsRequests } from './nats-requests.ts';

const MOST = 1_048_576;

let server: net.Server;
let requests: NatsRequests;
let client: net.Socket | null = null;
let subscribed = '';
let heard = '';

/** As much of a broker as one subscriber needs. */
beforeEach(async () => {
  [client, subscribed, heard] = [null, '', ''];
  server = net.createServer((socket) => {
    client = socket;
    socket.on('error', () => undefined);
    socket.write(`INFO ${JSON.stringify({ server_id: 'X', version: '2.10.0', max_payload: MOST, headers: true })}\r\n`);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      heard += text;
      if (text.includes('PING\r\n')) socket.write('PONG\r\n');
      subscribed = /SUB \S+ (\S+)\r\n/.exec(text)?.[1] ?? subscribed;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  requests = new NatsRequests(`nats://127.0.0.1:${port}`, 'fairlead.agent.a.inbox', SILENT);
  await expect.poll(() => subscribed).not.toBe('');
});
afterEach(async () => {
  await requests.close();
  client?.destroy();
  server.close();
});

const request = (reply: string): void => {
  const body = JSON.stringify({ kind: 'query', query: 'artifactVersions', arguments: {} });
  client?.write(`MSG fairlead.agent.a.inbox ${subscribed} ${reply} ${body.length}\r\n${body}\r\n`);
};

test('an answer that the broker does not carry is told as too large, and the agent lives on', async () => {
  requests.handleWith(() => Promise.resolve({ answer: 'result', value: 'x'.repeat(MOST) }));
  request('inbox.1');
  await expect.poll(() => heard).toContain('PUB inbox.1 ');
  expect(heard).toContain('"code":"TOO_LARGE"');
  requests.handleWith(() => Promise.resolve({ answer: 'tombstoned' }));
  request('inbox.2');
  await expect.poll(() => heard).toContain('{"ok":{"answer":"tombstoned"}}');
});

test('an answer that comes when the connection is gone is an answer to nobody', async () => {
  let give: (answer: AgentAnswer) => void = () => {};
  requests.handleWith(() => new Promise((resolve) => (give = resolve)));
  request('inbox.1');
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await requests.close();
  give({ answer: 'tombstoned' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).not.toContain('tombstoned');
});
