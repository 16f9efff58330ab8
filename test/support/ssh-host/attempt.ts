import type { Json } from '@fairlead/proto/model/json.ts';
import type { LateText, Task } from '@fairlead/proto/model/task.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Attempt, CancelReason, LedgerRecord, LocalArtifact } from '@fairlead/agent/platforms/platform.ts';
import { realSystem } from './system.ts';

export interface AttemptOptions {
  readonly task: Partial<Task> & Pick<Task, 'type' | 'parameters'>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly recorded?: readonly LedgerRecord[];
  readonly resumed?: boolean;
  readonly artifact?: LocalArtifact;
  readonly onRecord?: (record: LedgerRecord) => Promise<void> | void;
}

export interface TestAttempt extends Attempt {
  readonly lines: () => string;
  readonly records: LedgerRecord[];
  stop(reason: CancelReason): void;
}

/** An attempt that keeps what it is told in memory. */
export function testAttempt(options: AttemptOptions): TestAttempt {
  const stopping = new AbortController();
  const records: LedgerRecord[] = [...(options.recorded ?? [])];
  const log: Buffer[] = [];
  const task: Task = {
    attemptId: 'exec-1/run/phase-1/deploy@host#1',
    executionId: 'exec-1',
    title: 'a test',
    target: null,
    context: {
      environment: {},
      layers: [],
      mapping: null,
      paths: { runtime: '$HOME/my app/runtime', backup: '$HOME/my app/backup', staging: '$HOME/my app/staging' },
      artifact: null,
      configFiles: [],
    },
    timeoutMs: 60_000,
    cancelGraceMs: 1_000,
    idempotent: false,
    ...options.task,
  };
  const seen = new Set<string>();
  const secret = (name: string): Promise<string> => {
    const value = options.secrets?.[name];
    if (value !== undefined) seen.add(value);
    return value === undefined
      ? Promise.reject(new FailureError(failure('SECRET_UNAVAILABLE', `there is no secret '${name}'`)))
      : Promise.resolve(value);
  };
  const record = async (name: string, data: { readonly [key: string]: Json }): Promise<void> => {
    records.push({ name, data });
    await options.onRecord?.({ name, data });
  };
  return {
    id: task.attemptId,
    task,
    system: realSystem,
    signal: stopping.signal,
    recorded: options.recorded ?? [],
    resumed: options.resumed ?? false,
    records,
    record,
    checkpoint: record,
    lines: () => Buffer.concat(log).toString('utf8'),
    stop: (reason) => stopping.abort(reason),
    log: {
      info: (line) => void log.push(Buffer.from(`${line}\n`)),
      output: (bytes) => void log.push(Buffer.from(bytes)),
    },
    secret: (reference) => secret(typeof reference === 'string' ? reference : reference.secret),
    text: async (late: LateText, values) => {
      if (typeof late === 'string') return late;
      const filled = late.parts.map(async (part) => {
        if (typeof part === 'string') return part;
        if (part.late === 'secret') return secret(part.name);
        return (part.late === 'secretOutput' ? undefined : values?.(part.path)) ?? '';
      });
      return (await Promise.all(filled)).join('');
    },
    mask: (text) => [...seen].reduce((masked, value) => masked.replaceAll(value, '********'), text),
    artifact: () =>
      options.artifact === undefined
        ? Promise.reject(new FailureError(failure('ARTIFACT_UNAVAILABLE', 'there is no such build')))
        : Promise.resolve(options.artifact),
  };
}
