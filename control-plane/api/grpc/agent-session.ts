import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { FromAgent, ToAgent } from '@fairlead/proto/fairlead/v1/messages.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Hello, Welcome } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { AgentConnection, SessionKey } from '../../ports/agent-gateway.ts';
import type { Subscription } from '../../ports/bus.ts';
import { readAnswer, readHello, readOpen, readReport } from './agent-messages.ts';
import { authenticated, endWith, type AgentServerParts } from './parts.ts';
import type { SessionTable, Watched } from './session-table.ts';

type Call = ServerDuplexStream<FromAgent, ToAgent>;

/** For authentication and hello together. */
const HANDSHAKE_MS = 10_000;
/** Far more than any ledger has; who sends without an end must not fill our memory. */
const MOST_OPEN = 1_000_000;
/** Messages an agent may leave unread before it is taken for dead. */
const MOST_UNREAD = 10_000;

/** One agent's session stream, from its call to its end. */
export class AgentSession implements AgentConnection, Watched {
  readonly #call: Call;
  readonly #parts: AgentServerParts;
  readonly #table: SessionTable;
  readonly #byAgent: Map<AgentId, AgentSession>;
  readonly #asked = new Map<number, { resolve(answer: JsonObject): void; reject(error: FailureError): void }>();
  #agentId: AgentId = '';
  #key: SessionKey | null = null;
  #patienceMs = HANDSHAKE_MS;
  /** What was told of the hello's open attempts before it. */
  readonly #open: Hello['open'][number][] = [];
  #served: Subscription | null = null;
  #requests = 0;
  #opened: Promise<void> = Promise.resolve();
  #over = false;

  constructor(call: Call, parts: AgentServerParts, table: SessionTable, byAgent: Map<AgentId, AgentSession>) {
    this.#call = call;
    this.#parts = parts;
    this.#table = table;
    this.#byAgent = byAgent;
    call.on('cancelled', () => this.#finish('the connection is gone'));
    call.on('error', () => this.#finish('the stream failed'));
    call.on('end', () => this.#leave());
    table.heardOf(this);
    // Nothing is read before the agent is known to be who it says it is.
    authenticated(parts.gateway, call.metadata).then(
      (agentId) => {
        this.#agentId = agentId;
        call.on('data', (message: FromAgent) => this.#receive(message));
      },
      (error: unknown) => this.fail(error),
    );
  }

  get agentId(): AgentId {
    return this.#agentId;
  }

  get patienceMs(): number {
    return this.#patienceMs;
  }

  drain(): void {
    this.#send({ body: 'drain', drain: {} });
  }

  revoke(reason: string): void {
    this.#send({ body: 'revoked', revoked: reason });
    this.#call.end();
    this.#finish(`revoked: ${reason}`);
  }

  expire(): void {
    this.fail(new FailureError(failure('UNAVAILABLE', `nothing was heard for ${this.#patienceMs} ms`)));
  }

  /** Ends the stream with an error, and the session with it. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#finish(error instanceof Error ? error.message : 'a bug');
    endWith(this.#call, error, this.#parts.logger);
  }

  #receive(message: FromAgent): void {
    if (this.#over) return;
    try {
      if (message.body === 'hello') this.#hello(message.hello);
      else if (message.body === 'open') this.#hearOpen(message.open);
      else if (this.#key === null) throw malformed('the first message must be a hello');
      else this.#continue(message, this.#key);
    } catch (error) {
      this.fail(error);
    }
  }

  /** A part of the hello that follows. */
  #hearOpen(body: string): void {
    if (this.#key !== null) throw malformed('open attempts belong before the hello');
    this.#open.push(...readOpen(body));
    if (this.#open.length > MOST_OPEN) throw malformed(`an agent may have ${MOST_OPEN} open attempts`);
  }

  #continue(message: Exclude<FromAgent, { body: 'hello' | 'open' }>, key: SessionKey): void {
    switch (message.body) {
      case 'heartbeat': {
        const { number, ...beat } = message.heartbeat;
        if (!this.#parts.gateway.heartbeat(key, beat)) throw gone('the control plane does not know this session');
        this.#table.heardOf(this);
        return this.#send({ body: 'heartbeat_ack', heartbeat_ack: { number } });
      }
      case 'report':
        void this.#report(message.report.id, message.report.body, key);
        return;
      case 'answer': {
        const { request, body } = message.answer;
        // An answer is JSON by its schema; its type only lacks the index signature.
        this.#asked.get(request)?.resolve({ ...readAnswer(body) } as JsonObject);
        this.#asked.delete(request);
        return;
      }
      case 'goodbye':
        return this.#leave();
    }
  }

  #hello(body: string): void {
    if (this.#key !== null) throw malformed('a session says hello once');
    const last = readHello(body);
    const hello = { ...last, open: [...this.#open.splice(0), ...last.open] };
    if (hello.agentId !== this.#agentId) throw malformed('the hello is of another agent than the call');
    this.#call.pause();
    const earlier = this.#byAgent.get(this.#agentId);
    earlier?.fail(gone('the agent opened another session'));
    this.#byAgent.set(this.#agentId, this);
    this.#opened = this.#openSession(hello, earlier).then(
      () => void this.#call.resume(),
      (error: unknown) => this.fail(error),
    );
  }

  async #openSession(hello: ReturnType<typeof readHello>, earlier: AgentSession | undefined): Promise<void> {
    // An earlier session that was still being opened has to be over for the application, too.
    if (earlier !== undefined) await earlier.#opened;
    if (this.#over) return;
    const welcome = await this.#parts.gateway.hello(this, hello);
    const key = { agentId: this.#agentId, sessionId: welcome.sessionId };
    if (this.#over) return this.#parts.gateway.disconnected(key, 'the connection went away during the welcome');
    this.#key = key;
    this.#patienceMs = welcome.leaseMs;
    this.#table.heardOf(this);
    if (welcome.bus.kind === 'STREAM') this.#serve();
    this.#send({ body: 'welcome', welcome: JSON.stringify(welcome satisfies Welcome) });
  }

  /** Requests for this agent come down this stream, as long as it is open. */
  #serve(): void {
    this.#served = this.#parts.bus.serve(subjects.agent(this.#agentId), (request) => {
      this.#requests += 1;
      const number = this.#requests;
      return new Promise((resolve, reject) => {
        this.#asked.set(number, { resolve, reject });
        this.#send({ body: 'request', request: { number, body: JSON.stringify(request) } });
      });
    });
  }

  async #report(id: string, body: string, key: SessionKey): Promise<void> {
    const { gateway, crash } = this.#parts;
    try {
      const acknowledgement = await gateway.report(key, readReport(body));
      if (acknowledgement === null) return;
      crash.pass('acknowledge:before');
      this.#send({ body: 'ack', ack: { report: id, body: JSON.stringify(acknowledgement) } });
      crash.pass('acknowledge:after');
    } catch (error) {
      // The agent keeps it, and brings it again in its next session.
      this.fail(error);
    }
  }

  #send(message: ToAgent): void {
    if (this.#over) return;
    if (this.#call.writableLength > MOST_UNREAD) return this.fail(gone('the agent does not read what it is sent'));
    this.#call.write(message);
  }

  #leave(): void {
    this.#finish('the agent said goodbye');
    this.#call.end();
  }

  #finish(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#table.remove(this);
    this.#served?.end();
    if (this.#byAgent.get(this.#agentId) === this) this.#byAgent.delete(this.#agentId);
    for (const { reject } of this.#asked.values()) reject(gone('the agent went away before it answered'));
    this.#asked.clear();
    this.#parts.logger.info({ agentId: this.#agentId, reason }, 'a session of an agent ended');
    if (this.#key !== null) this.#parts.gateway.disconnected(this.#key, reason);
  }
}

const malformed = (message: string): FailureError => new FailureError(failure('INVALID_INPUT', message));
const gone = (message: string): FailureError => new FailureError(failure('UNAVAILABLE', message));
