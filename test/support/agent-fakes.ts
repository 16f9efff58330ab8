import type { CrashPoint, CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type {
  Acknowledgement,
  AgentAnswer,
  AgentRequest,
  Hello,
  Offer,
  Report,
  Task,
  Welcome,
} from '@fairlead/proto/model/task.ts';
import type { Attempt, Platform } from '@fairlead/agent/platforms/platform.ts';
import type { AppendFile } from '@fairlead/agent/ports/append-file.ts';
import type { Link, LinkEvents, OpenLink } from '@fairlead/agent/ports/link.ts';
import type { LogChunk } from '@fairlead/agent/ports/log-chunk.ts';
import type { Spool } from '@fairlead/agent/ports/spool.ts';
import type { Workshop } from '@fairlead/agent/ports/workshop.ts';

const NEVER = new Promise<never>(() => {});

/** A disk that survives the process: what was appended, and what a crash would leave of it. */
export class MemoryDisk {
  #parts: Uint8Array[] = [];
  appends = 0;
  /** Set: writes wait until it is called. */
  hold: (() => void)[] | null = null;
  failing = false;
  /** Set: the next append leaves only so much of itself, and never answers, as in the moment of a crash. */
  tearAt: number | null = null;

  get bytes(): Uint8Array {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    const joined = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    this.#parts = [joined];
    return joined;
  }

  set bytes(bytes: Uint8Array) {
    this.#parts = [bytes];
  }

  /** The file as one process sees it: what a dead one still does changes nothing. */
  file(alive: () => boolean = () => true): AppendFile {
    let queue: Promise<void> = Promise.resolve();
    const inOrder = (operation: () => void | Promise<void>): Promise<void> => {
      const done = queue.then(async () => {
        if (this.hold !== null) await new Promise<void>((resolve) => this.hold?.push(resolve));
        if (this.failing) throw new Error('ENOSPC: no space left on device');
        if (!alive()) return NEVER;
        await operation();
      });
      queue = done.catch(() => {});
      return done;
    };
    return {
      read: () => Promise.resolve(this.bytes.slice()),
      append: (bytes) =>
        inOrder(() => {
          this.appends += 1;
          const torn = this.tearAt;
          this.#parts.push(bytes.slice(0, torn ?? bytes.length));
          this.tearAt = null;
          return torn === null ? undefined : NEVER;
        }),
      replace: (bytes) => inOrder(() => void (this.bytes = bytes.slice())),
      close: () => inOrder(() => {}),
    };
  }

  release(): void {
    for (const go of this.hold?.splice(0) ?? []) go();
  }
}

export function memorySpool(
  slots = 64,
  slotBytes = 65_536,
): Spool & { readonly used: ReadonlyMap<number, Uint8Array> } {
  const used = new Map<number, Uint8Array>();
  return {
    slots,
    slotBytes,
    used,
    write: (slot, bytes) => Promise.resolve(void used.set(slot, bytes.slice())),
    read(slot, length) {
      const bytes = used.get(slot);
      return bytes === undefined ? Promise.reject(new Error('empty slot')) : Promise.resolve(bytes.slice(0, length));
    },
    close: () => Promise.resolve(),
  };
}

export const NO_CRASH: CrashPoints = { pass() {} };

export function countingCrash(): CrashPoints & { readonly passed: CrashPoint[] } {
  const passed: CrashPoint[] = [];
  return { passed, pass: (point) => void passed.push(point) };
}

/** A platform whose attempts end when the test says so. */
export class FakePlatform implements Platform {
  readonly name = 'fake';
  readonly types = ['fake'] as const;
  readonly attempts: Attempt[] = [];
  readonly #ends = new Map<string, (end: () => AttemptResult) => void>();
  /** Set: does the work instead. */
  work: ((attempt: Attempt) => Promise<AttemptResult>) | null = null;

  run(attempt: Attempt): Promise<AttemptResult> {
    this.attempts.push(attempt);
    if (this.work !== null) return this.work(attempt);
    return new Promise((resolve, reject) => {
      this.#ends.set(attempt.id, (end) => {
        try {
          resolve(end());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  end(attemptId: string, result: AttemptResult = SUCCESS): void {
    this.#ends.get(attemptId)?.(() => result);
  }

  throw(attemptId: string, error: Error): void {
    this.#ends.get(attemptId)?.(() => {
      throw error;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const SUCCESS: AttemptResult = { outcome: 'SUCCESS', touched: true };

export function workshopOf(platform: Platform, secrets: Readonly<Record<string, string>> = {}): Workshop {
  return {
    platforms: [platform],
    queries: { artifactVersions: (query) => Promise.resolve({ asked: query }) },
    secret({ secret }) {
      const value = secrets[secret];
      if (value !== undefined) return Promise.resolve(value);
      return Promise.reject(new FailureError(failure('SECRET_UNAVAILABLE', `there is no secret ${secret}`)));
    },
    artifact: () => Promise.reject(new FailureError(failure('ARTIFACT_UNAVAILABLE', 'no artifacts here'))),
    keep: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

export function task(attemptId: string, more: Partial<Task> = {}): Task {
  return {
    attemptId,
    executionId: attemptId.split('/')[0] ?? '',
    type: 'fake',
    title: attemptId,
    parameters: {},
    target: null,
    context: {
      environment: {},
      layers: [],
      mapping: null,
      paths: { runtime: '/tmp', backup: '/tmp', staging: '/tmp' },
      artifact: null,
      configFiles: [],
    },
    timeoutMs: 60_000,
    cancelGraceMs: 1_000,
    idempotent: false,
    ...more,
  };
}

/** The other end of the link: what the agent said, and what the test lets it hear. */
export class FakeControlPlane implements Link {
  readonly hellos: Hello[] = [];
  readonly reports: { readonly id: string; readonly report: Report }[] = [];
  readonly chunks: LogChunk[] = [];
  goodbyes = 0;
  beats = 0;
  lastBeat: Parameters<OpenLink['heartbeat']>[0] | null = null;
  /** How a report is answered; null: not at all. */
  judge: (report: Report) => Acknowledgement | null = () => ({ verdict: 'recorded' });
  answersBeats = true;
  takesLogs = true;
  /** Of the store. */
  incarnation = 'store1';
  refusal: FailureError | null = null;
  events: LinkEvents | null = null;
  #sessions = 0;
  #lives = 0;
  ledgerId = '';

  get sessionId(): string {
    return `s${this.#sessions}`;
  }

  open(hello: Hello, events: LinkEvents): Promise<OpenLink> {
    this.hellos.push(hello);
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.#sessions += 1;
    this.ledgerId = hello.ledgerId;
    this.events = events;
    let open = true;
    const life = this.#lives;
    const lives = (): boolean => open && life === this.#lives;
    const welcome: Welcome = {
      sessionId: this.sessionId,
      incarnation: this.incarnation,
      protocol: 1,
      leaseMs: 10_000,
      heartbeatMs: 3_000,
      bus: { kind: 'STREAM' },
    };
    return Promise.resolve({
      welcome,
      heartbeat: (beat) => {
        this.beats += 1;
        this.lastBeat = beat;
        if (this.answersBeats) queueMicrotask(() => lives() && events.heartbeatAnswered(beat.number));
      },
      report: (id, report) => {
        if (!lives()) return;
        this.reports.push({ id, report });
        const acknowledgement = this.judge(report);
        if (acknowledgement !== null) queueMicrotask(() => lives() && events.acknowledged(id, acknowledgement));
      },
      goodbye: () => void (this.goodbyes += 1),
      logs: (chunks) => {
        if (!this.takesLogs) return false;
        this.chunks.push(...chunks);
        return true;
      },
      close: () => void (open = false),
    } satisfies OpenLink);
  }

  offer(
    attemptId: string,
    more: Partial<Omit<Offer, 'task'>> & { readonly task?: Partial<Task> } = {},
  ): Promise<AgentAnswer> {
    const { task: parts, ...rest } = more;
    return this.request({
      kind: 'offer',
      attemptId,
      epoch: 1,
      assignment: 1,
      ledgerId: this.ledgerId,
      sessionId: this.sessionId,
      task: task(attemptId, parts),
      ...rest,
    });
  }

  cancel(attemptId: string, epoch = 1): Promise<AgentAnswer> {
    return this.request({ kind: 'cancel', attemptId, epoch, graceMs: 1_000, reason: 'aborted by a person' });
  }

  request(request: AgentRequest): Promise<AgentAnswer> {
    if (this.events === null) throw new Error('no agent is connected');
    return this.events.request(request);
  }

  /** The connection is gone. */
  cut(): void {
    this.events?.closed('cut by the test');
  }

  /** The agent is gone: nothing reaches it, and nothing it sends arrives. */
  die(): void {
    this.#lives += 1;
    this.events = null;
  }

  reported(kind: Report['report']): readonly Report[] {
    return this.reports.map(({ report }) => report).filter(({ report }) => report === kind);
  }
}
