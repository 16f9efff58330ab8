import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { lateReferencesIn, resolveLate } from '@fairlead/proto/expressions/late.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { SecretRef, Task } from '@fairlead/proto/model/task.ts';
import { refuseLargeCheckpoint } from './bounded-result.ts';
import type { LedgerEntry } from './ledger-entries.ts';
import type { Ledger } from './ledger.ts';
import type { LogSink } from './log-stream.ts';
import type { Outbox } from './outbox.ts';
import type { Attempt, AttemptLog, LocalArtifact } from './platforms/platform.ts';
import type { Workshop } from './ports/workshop.ts';
import type { Redactor } from './redact.ts';

export interface AttemptParts {
  readonly entry: LedgerEntry;
  readonly task: Task;
  readonly resumed: boolean;
  readonly signal: AbortSignal;
  readonly system: System;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly workshop: Workshop;
  readonly redactor: Redactor;
  readonly log: AttemptLog;
  /** An artifact was handed out. */
  used(artifact: LocalArtifact): void;
  /** The control plane refused a checkpoint: the attempt is over for it. */
  refused(reason: string): void;
}

/** What the platform is given for one attempt. */
export function makeAttempt(parts: AttemptParts): Attempt {
  const { entry, task, ledger, outbox, workshop, redactor } = parts;
  const id = entry.attemptId;
  const recorded = [...entry.records];
  let checkpoints = 0;

  const secret = async (reference: SecretRef | string): Promise<string> => {
    const value = await workshop.secret(typeof reference === 'string' ? { secret: reference } : reference);
    redactor.register(value);
    return value;
  };

  const attempt: Attempt = {
    id,
    task,
    system: parts.system,
    log: parts.log,
    signal: parts.signal,
    recorded,
    resumed: parts.resumed,
    record: (name, data) => ledger.record(id, name, data),
    // Acknowledged first, recorded then: a record that a resumed attempt finds is thereby one that was acknowledged.
    checkpoint: async (name, data) => {
      const masked = redactor.value(data);
      refuseLargeCheckpoint(name, masked);
      checkpoints += 1;
      const acknowledgement = await outbox.send(`${id}:checkpoint:${name}:${checkpoints}`, {
        report: 'checkpoint',
        attemptId: id,
        name,
        data: masked,
      });
      if (acknowledgement?.verdict !== 'recorded') {
        const reason = acknowledgement?.reason ?? 'the control plane does not count on this attempt any more';
        parts.refused(reason);
        throw new FailureError(failure('CANCELED', `the checkpoint '${name}' was refused: ${reason}`));
      }
      await ledger.record(id, name, data);
    },
    secret,
    text: async (late, values = () => undefined) => {
      const secrets = new Map<string, string>();
      for (const reference of lateReferencesIn(late)) {
        if (reference.late === 'secret') secrets.set(reference.name, await secret(reference.name));
      }
      const filled = resolveLate(late, (reference) => {
        if (reference.late === 'secret') return secrets.get(reference.name);
        return reference.late === 'secretOutput' ? undefined : values(reference.path);
      });
      if (typeof filled !== 'string') throw new FailureError(filled);
      return filled;
    },
    mask: (text) => redactor.text(text),
    artifact: async (reference) => {
      const artifact = await workshop.artifact(reference, attempt);
      parts.used(artifact);
      return artifact;
    },
  };
  return attempt;
}

/** The attempt's log, masked. Each source has a held-back tail of its own. */
export function makeAttemptLog(
  sink: LogSink,
  redactor: Redactor,
): { readonly log: AttemptLog; close(): number | null } {
  const encoder = new TextEncoder();
  const streams = { stdout: redactor.stream(), stderr: redactor.stream() };
  let lineEnded = true;
  const write = (bytes: Uint8Array): void => {
    const last = bytes.at(-1);
    if (last === undefined) return;
    lineEnded = last === 10;
    sink.write(bytes);
  };
  return {
    log: {
      info: (line) => write(encoder.encode(`${lineEnded ? '' : '\n'}${redactor.text(line)}\n`)),
      output: (bytes, stream) => write(streams[stream].push(bytes)),
    },
    close() {
      write(streams.stdout.end());
      write(streams.stderr.end());
      return sink.close();
    },
  };
}
