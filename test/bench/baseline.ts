/** The I/O of a dispatched step and nothing else: no decisions, no state, no retries, none of our code. At most 80 lines. */
import { open } from 'node:fs/promises';
import { Client, credentials, Metadata, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { connect } from '@nats-io/transport-node';
import Driver from 'libsql';

/** What one step writes and sends, counted in the product; bytes are those of one write. */
export type Work = Readonly<Record<'appends' | 'appendBytes' | 'rows' | 'rowBytes' | 'logs' | 'logBytes', number>> &
  Readonly<Record<'ledgerWrites' | 'ledgerBytes' | 'offerBytes', number>>;

const same = (bytes: Buffer): Buffer => bytes;
const asked = { path: '/baseline/Session', requestStream: true, requestSerialize: same, requestDeserialize: same };
const method = { ...asked, responseStream: true, responseSerialize: same, responseDeserialize: same };

/** Writes asked for in one turn, or while another write is under way, share the next. */
function grouped(writeAll: (bodies: readonly string[]) => void | Promise<void>): (body: string) => Promise<void> {
  const waiting: { readonly body: string; done(): void }[] = [];
  let queue = Promise.resolve();
  const flush = async (): Promise<void> => {
    await new Promise(setImmediate);
    const group = waiting.splice(0);
    await writeAll(group.map(({ body }) => body));
    for (const { done } of group) done();
  };
  return (body) => new Promise((done) => void (waiting.push({ body, done }) === 1 && (queue = queue.then(flush))));
}

function database(file: string): (body: string) => Promise<void> {
  const driver = new Driver(file);
  driver.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)');
  const insert = driver.prepare('INSERT INTO t (body) VALUES (?)');
  return grouped((bodies) => {
    driver.exec('BEGIN IMMEDIATE');
    for (const body of bodies) insert.run([body]);
    driver.exec('COMMIT');
  });
}

export async function startServer(directory: string, natsUrl: string) {
  const [store, logs] = [database(`${directory}/main.db`), database(`${directory}/logs.db`)];
  const nats = await connect({ servers: natsUrl });
  const reported = new Map<string, () => void>();
  let agent: ServerDuplexStream<Buffer, Buffer> | null = null;
  const server = new Server();
  const Session = (call: ServerDuplexStream<Buffer, Buffer>): void => {
    agent = call.on('data', (frame: Buffer) => reported.get(frame.toString())?.()).on('error', () => {});
  };
  server.addService({ Session: method }, { Session });
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
  });
  let [rowsOwed, logsOwed] = [0, 0];
  const step = async (id: string, work: Work): Promise<void> => {
    const report = new Promise<void>((resolve) => reported.set(id, resolve));
    await store('j'.repeat(work.appendBytes));
    await nats.request('baseline.agent', id.padEnd(work.offerBytes), { timeout: 30_000 });
    await report;
    for (let count = 1; count < work.appends; count += 1) await store('j'.repeat(work.appendBytes));
    agent?.write(Buffer.from(id));
    reported.delete(id);
    for (rowsOwed += work.rows; rowsOwed >= 1; rowsOwed -= 1) void store('r'.repeat(work.rowBytes));
    for (logsOwed += work.logs; logsOwed >= 1; logsOwed -= 1) void logs('l'.repeat(work.logBytes));
  };
  return { port, step, append: () => store('j'.repeat(500)), ask: () => nats.request('baseline.echo', 'x') };
}

export async function startAgent(directory: string, natsUrl: string, port: number, writes: number, bytes: number) {
  const file = await open(`${directory}/ledger`, 'a');
  const sync = grouped((bodies) => file.appendFile(bodies.join('')).then(() => file.datasync()));
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(asked.path, same, same, new Metadata()).on('data', () => {});
  const nats = await connect({ servers: natsUrl });
  nats.subscribe('baseline.echo', { callback: (_, message) => void message.respond('x') });
  const take = async (id: string, respond: () => void): Promise<void> => {
    for (let count = 0; count < writes; count += 1) await sync('l'.repeat(bytes)).then(count === 0 ? respond : null);
    call.write(Buffer.from(id));
  };
  nats.subscribe('baseline.agent', { callback: (_, given) => void take(given.string().trim(), () => given.respond()) });
  return { sync: () => sync('l'.repeat(bytes)) };
}
