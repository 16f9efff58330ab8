import type { Readable, Writable } from 'node:stream';
import type { Failure } from '@fairlead/proto/model/failure.ts';

/** How a command ended as the channel tells it. `lost`: the channel went away and said nothing of the command. */
export type ChannelEnd =
  | { readonly end: 'exit'; readonly status: number }
  | { readonly end: 'signal'; readonly signal: string }
  | { readonly end: 'lost'; readonly failure: Failure };

/** One command under way at the far end of something. Whoever opens it must read both outputs or it never ends. */
export interface Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, after the last byte of both outputs; never rejects. */
  readonly ended: Promise<ChannelEnd>;
  /** Lets go of it. What runs at the far end is not told and goes on. */
  close(): void;
}

/** A place where POSIX shell commands can be run: a host over SSH, or the agent's own machine. */
export interface Transport {
  /** For people: `web-1`, `this agent`. */
  readonly name: string;
  /**
   * Hands the command to a shell there. Rejects with a FailureError; then it was not started. `urgent` must not wait
   * behind work under way: it may take another road there.
   */
  open(command: string, options?: { readonly urgent?: boolean; readonly signal?: AbortSignal }): Promise<Channel>;
}
