import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { UnitEnd } from './run-unit.ts';

const TAIL_BYTES = 4_096;

/** The last of what a script wrote, to find out why it failed. */
export class Tail {
  readonly #mask: (text: string) => string;
  readonly #parts: Record<'stdout' | 'stderr', Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #cut = { stdout: false, stderr: false };

  /** `mask`: what is told is only a part of it, in which a part of a secret would not be known any more. */
  constructor(mask: (text: string) => string) {
    this.#mask = mask;
  }

  push(bytes: Uint8Array, stream: 'stdout' | 'stderr'): void {
    const all = Buffer.concat([this.#parts[stream], bytes]);
    if (all.length > TAIL_BYTES) this.#cut[stream] = true;
    this.#parts[stream] = all.subarray(-TAIL_BYTES);
  }

  /** Whole lines, masked. */
  text(stream: 'stdout' | 'stderr'): string {
    const text = this.#parts[stream].toString('utf8');
    return this.#mask(this.#cut[stream] ? text.slice(text.indexOf('\n') + 1 || text.length) : text);
  }
}

/** How a unit ended as a failure; null when it succeeded. `explain` knows the exit statuses of a unit of ours. */
export function explainExit(
  end: UnitEnd,
  tail: Tail,
  where: string,
  explain: (status: number) => Failure | null = () => null,
): Failure | null {
  switch (end.end) {
    case 'not-started':
    case 'unknown':
      return end.failure;
    case 'canceled':
      return failure('CANCELED', `it was canceled on ${where}`);
    case 'killed':
      return failure('COMMAND_FAILED', `it was killed on ${where}, or the host went down, before it ended`);
    case 'exited':
      return end.status === 0 ? null : (explain(end.status) ?? explainStatus(end.status, tail, where));
  }
}

function explainStatus(status: number, tail: Tail, where: string): Failure {
  const stderr = tail.text('stderr');
  const details = { status };
  if (saysDiskFull(stderr) || saysDiskFull(tail.text('stdout'))) {
    return failure('DISK_FULL', `no space left on ${where} (exit status ${status})`, { details });
  }
  const tool = missingTool(status, stderr);
  if (tool !== null) return failure('MISSING_TOOL', `${where} has no '${tool}'`, { details: { ...details, tool } });
  const said = stderr.trim().split('\n').at(-1) ?? '';
  const signal = status > 128 && status < 160 ? `, by signal ${status - 128}` : '';
  return failure(
    'COMMAND_FAILED',
    `it ended with exit status ${status}${signal}${said === '' ? '' : `: ${said.slice(0, 300)}`}`,
    { details },
  );
}

/** Words by which tools tell that a disk is full. */
export const saysDiskFull = (text: string): boolean => /no space left on device|disk quota exceeded|ENOSPC/i.test(text);

/** The tool that a shell did not find, when that is what ended the script. */
function missingTool(status: number, stderr: string): string | null {
  if (status !== 127) return null;
  const found = /(?:^|: )([A-Za-z0-9_.+-]+): (?:command )?not found\s*$/m.exec(stderr);
  return found?.[1] ?? null;
}
