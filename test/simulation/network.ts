import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Random } from '@fairlead/proto/model/system.ts';
import type { Bus, Subscription } from '../../control-plane/ports/bus.ts';
import type { VirtualSystem } from '../support/virtual-system.ts';
import type { History } from './history.ts';

export interface NetworkFaults {
  /** Chances per message. */
  readonly loss: number;
  readonly duplication: number;
  /** Chance that a message is late by up to `lateMs`, so that later ones overtake it. */
  readonly late: number;
  readonly lateMs: number;
}

export const CALM: NetworkFaults = { loss: 0, duplication: 0, late: 0, lateMs: 0 };

/** Everything that is between processes: delays, loses, doubles and reorders, and can be cut between two of them. */
export class Network {
  faults: NetworkFaults = CALM;
  /** Told of every request when it is sent, before anything can become of it. */
  onRequest: (from: string, subject: string, payload: JsonObject) => void = () => {};
  readonly #system: VirtualSystem;
  readonly #random: Random;
  readonly #history: History;
  readonly #cut = new Set<string>();
  readonly #servers = new Map<
    string,
    { readonly node: string; readonly handle: (payload: JsonObject) => Promise<JsonObject> }
  >();
  readonly #subscribers = new Map<
    string,
    Set<{ readonly node: string; readonly hear: (payload: JsonObject) => void }>
  >();

  constructor(system: VirtualSystem, history: History) {
    this.#system = system;
    this.#random = system.spawn('network').random;
    this.#history = history;
  }

  partition(a: string, b: string): void {
    this.#cut.add(pair(a, b));
  }

  heal(a?: string, b?: string): void {
    if (a === undefined || b === undefined) this.#cut.clear();
    else this.#cut.delete(pair(a, b));
  }

  get isWhole(): boolean {
    return this.#cut.size === 0;
  }

  reaches(a: string, b: string): boolean {
    return a === b || !this.#cut.has(pair(a, b));
  }

  /** Over the broker, which either of them may have lost. */
  #reachesByBus(a: string, b: string): boolean {
    return this.reaches(a, b) && this.reaches(a, BUS) && this.reaches(b, BUS);
  }

  /** Delivers none, one or two copies after a while; a cut that exists when it would arrive swallows it. */
  send(from: string, to: string, deliver: () => void): void {
    const { loss, duplication } = this.faults;
    if (this.#random.fraction() < loss) return;
    const copies = this.#random.fraction() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.#later(from, to, deliver);
  }

  /** As a TCP stream would: in order and once, or not at all any more. */
  delayMs(): number {
    return 0.2 + this.#random.fraction() * 2;
  }

  bus(node: string, alive: () => boolean): Bus {
    return {
      request: (subject, payload, timeoutMs) =>
        alive() ? this.#request(node, alive, subject, payload, timeoutMs) : new Promise(() => {}),
      serve: (subject, handler) => {
        const server = { node, handle: handler };
        this.#servers.set(subject, server);
        return { end: () => void (this.#servers.get(subject) === server && this.#servers.delete(subject)) };
      },
      publish: (subject, payload) => {
        if (!alive()) return;
        const text = JSON.stringify(payload);
        for (const { node: to, hear } of this.#subscribers.get(subject) ?? []) {
          this.send(node, to, () => hear(readBack(text)));
        }
      },
      subscribe: (subject, hear): Subscription => {
        const all = this.#subscribers.get(subject) ?? new Set();
        const own = { node, hear: (payload: JsonObject) => void (alive() && hear(payload)) };
        this.#subscribers.set(subject, all.add(own));
        return { end: () => void all.delete(own) };
      },
      trouble: () => null,
      close: () => Promise.resolve(),
    };
  }

  /** What a dead process served nobody serves. */
  forget(node: string): void {
    for (const [subject, server] of this.#servers) if (server.node === node) this.#servers.delete(subject);
    for (const all of this.#subscribers.values()) for (const each of all) if (each.node === node) all.delete(each);
  }

  #later(from: string, to: string, deliver: () => void): void {
    const { late, lateMs } = this.faults;
    const extra = this.#random.fraction() < late ? this.#random.fraction() * lateMs : 0;
    this.#system.scheduler.after(this.delayMs() + extra, () => {
      if (this.#reachesByBus(from, to)) deliver();
    });
  }

  #request(
    from: string,
    alive: () => boolean,
    subject: string,
    payload: JsonObject,
    timeoutMs: number,
  ): Promise<JsonObject> {
    this.onRequest(from, subject, payload);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        if (alive()) reject(new FailureError(failure('UNAVAILABLE', why)));
      };
      const timer = this.#system.scheduler.after(timeoutMs, () => fail(`no answer from ${subject}`));
      const settle = (act: () => void): void => {
        timer.cancel();
        if (alive()) act();
      };
      const server = this.#servers.get(subject);
      if (server === undefined) return fail(`nobody serves ${subject}`);
      this.send(from, server.node, () => {
        this.#history.note('bus', () => `${from} → ${subject} ${textOf(payload)}`);
        server.handle(readBack(JSON.stringify(payload))).then(
          (answer) => {
            const text = JSON.stringify(answer);
            this.send(server.node, from, () => settle(() => resolve(readBack(text))));
          },
          (error: unknown) => this.send(server.node, from, () => settle(() => reject(error as Error))),
        );
      });
    });
  }
}

/** The broker, as one end of a partition. */
export const BUS = 'bus';

const pair = (a: string, b: string): string => (a < b ? `${a} | ${b}` : `${b} | ${a}`);

/** Nobody shares an object with whom it was sent to. */
const readBack = (text: string): JsonObject => JSON.parse(text) as JsonObject; // It was one.

const textOf = (payload: JsonObject): string =>
  [payload['kind'], payload['attemptId'], payload['executionId']].filter((each) => each !== undefined).join(' ');
