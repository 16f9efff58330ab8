import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Channel, ChannelEnd } from '../shell/channel.ts';
import { classifyChannel, classifyForward, type ForwardTo } from './classify.ts';

/** One connection that is logged in, and the channels open on it. */
export class Connection {
  readonly #client: Client;
  readonly #where: string;
  readonly #changed: () => void;
  #open = 0;
  #limit = Number.POSITIVE_INFINITY;
  #lost: Failure | null = null;
  #idle: NodeJS.Timeout | null = null;
  readonly closed: Promise<void>;

  /** `changed` is called when a channel was closed or the connection went away. */
  constructor(client: Client, where: string, changed: () => void) {
    this.#client = client;
    this.#where = where;
    this.#changed = changed;
    client.on('error', (error: Error) => {
      this.#lost ??= failure('CONNECTION_LOST', `the connection to ${where} was lost: ${error.message}`);
    });
    this.closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#lost ??= failure('CONNECTION_LOST', `the connection to ${where} was closed`);
        this.#stopIdling();
        resolve();
        changed();
      });
    });
  }

  get alive(): boolean {
    return this.#lost === null;
  }

  /** Has it room for another channel, as far as its host was seen to allow? */
  get free(): boolean {
    return this.alive && this.#open < this.#limit;
  }

  /**
   * Runs a command in a channel of its own. Rejects with CHANNEL_REFUSED when the host allows no more of them; the
   * connection then offers no more than it had, and one that had none is refused for good.
   */
  exec(command: string): Promise<Channel> {
    return this.#opened((resolve, reject) => {
      this.#client.exec(command, (error, stream) => {
        // Wrapped at once: the exit status may be in the very packet that opened the channel, and is told only once.
        if (error === undefined) resolve(this.#channel(stream));
        else reject(new FailureError(classifyChannel(error, this.#where)));
      });
    });
  }

  /**
   * A connection that the host makes to a socket or port as it sees it; it needs no program there. Rejects with
   * UNREACHABLE when nothing answers there or the host's sshd does not allow it.
   */
  forward(to: ForwardTo): Promise<Duplex> {
    return this.#opened((resolve, reject) => {
      const opened = (error: Error | undefined, stream: ClientChannel): void => {
        if (error !== undefined) return reject(new FailureError(classifyForward(error, this.#where, to)));
        stream.on('error', () => undefined);
        stream.once('close', () => {
          this.#open -= 1;
          this.#changed();
        });
        resolve(stream);
      };
      if ('path' in to) this.#client.openssh_forwardOutStreamLocal(to.path, opened);
      else this.#client.forwardOut('127.0.0.1', 0, to.host, to.port, opened);
    });
  }

  async #opened<T>(open: (resolve: (opened: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    const others = this.#open;
    this.#open += 1;
    this.#stopIdling();
    try {
      return await new Promise<T>(open);
    } catch (error) {
      this.#open -= 1;
      const code = error instanceof FailureError ? error.failures[0].code : null;
      // The far end of a forwarding is not there: the connection itself is as good as before.
      if (code === 'UNREACHABLE') throw error;
      const refused = code === 'CHANNEL_REFUSED';
      if (refused && others > 0) this.#limit = Math.max(1, Math.min(this.#limit, others));
      else if (error instanceof FailureError) {
        this.#lost ??= error.failures[0];
        this.#client.end();
      }
      // ssh2 throws when the socket is gone already.
      else if (error instanceof Error) throw new FailureError((this.#lost ??= classifyChannel(error, this.#where)));
      throw error;
    }
  }

  #channel(stream: ClientChannel): Channel {
    let told: ChannelEnd | null = null;
    stream.once('exit', (status: number | null, signal?: string) => {
      told = status === null ? { end: 'signal', signal: signal ?? 'unknown' } : { end: 'exit', status };
    });
    stream.on('error', () => undefined);
    stream.stderr.on('error', () => undefined);
    const ended = new Promise<ChannelEnd>((resolve) => {
      stream.once('close', () => {
        this.#open -= 1;
        resolve(
          told ?? {
            end: 'lost',
            failure: this.#lost ?? failure('CONNECTION_LOST', `${this.#where} closed the channel without a word`),
          },
        );
        this.#changed();
      });
    });
    return {
      stdin: stream.stdin,
      stdout: stream,
      stderr: stream.stderr,
      ended,
      close: () => {
        // What nobody reads keeps a channel from closing.
        stream.resume();
        stream.stderr.resume();
        stream.close();
      },
    };
  }

  /** Ends it after so long without a channel. */
  idle(afterMs: number): void {
    if (this.#open > 0 || !this.alive || this.#idle !== null) return;
    this.#idle = setTimeout(() => this.end(), afterMs);
    this.#idle.unref();
  }

  #stopIdling(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** It answers no more: let go of it without ceremony. */
  drop(why: string): void {
    this.#lost ??= failure('CONNECTION_LOST', why);
    this.#client.destroy();
    this.#changed();
  }

  end(): void {
    this.#lost ??= failure('CONNECTION_LOST', `the agent closed the connection to ${this.#where}`);
    this.#client.end();
  }
}
