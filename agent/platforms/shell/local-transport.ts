import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Channel, ChannelEnd, Transport } from './channel.ts';

/** What of the agent's own environment its scripts may see; the rest may hold secrets. */
const SHOWN = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;

export const shownEnvironment = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && SHOWN.test(entry[0]),
    ),
  );

/** The agent's own machine. Commands get a session of their own, so that a Ctrl-C at the agent does not reach them. */
export function localTransport(environment: Readonly<Record<string, string | undefined>> = process.env): Transport {
  const shown = shownEnvironment(environment);
  return {
    name: 'this agent',
    open: (command) =>
      new Promise<Channel>((resolve, reject) => {
        const child = startShell(command, shown);
        // First of all: an error that is told to nobody ends the process.
        child.once('error', (error) => reject(notStarted(error)));
        // Where nothing was started there may be no streams, whatever their types say.
        if (child.pid === undefined) return;
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
        const ended = new Promise<ChannelEnd>((end) => {
          child.once('close', (status, signal) =>
            end(signal === null ? { end: 'exit', status: status ?? 255 } : { end: 'signal', signal }),
          );
        });
        child.once('spawn', () =>
          resolve({
            stdin: child.stdin,
            stdout: child.stdout,
            stderr: child.stderr,
            ended,
            close: () => {
              for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
              child.unref();
            },
          }),
        );
      }),
  };
}

function startShell(command: string, env: Record<string, string>): ChildProcessWithoutNullStreams {
  try {
    return spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env });
  } catch (error) {
    // Some are thrown at once.
    throw notStarted(error);
  }
}

/** What the machine has too little of just now: descriptors, processes, memory. */
const SHORT = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

function notStarted(error: unknown): FailureError {
  const { code = '', message } = error as NodeJS.ErrnoException; // As `spawn` makes them.
  const details = { errno: code };
  if (!SHORT.has(code)) {
    return new FailureError(failure('MISSING_TOOL', `cannot run /bin/sh on this agent: ${message}`, { details }));
  }
  const why = `this agent cannot start another process just now (${code}): raise its limits, or give it less to do`;
  return new FailureError(failure('OVERLOADED', why, { details }));
}
