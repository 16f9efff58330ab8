/**
 * Whoever watches takes up a lost connection where it was; only when it stays away for too long does the watcher give up.
 */
import type { System } from '@fairlead/proto/model/system.ts';
import type { ApiClient } from './api-client.ts';
import { CliError, connectionLost, reasonOf, saysKeyIsRefused } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

export interface StayOptions {
  readonly api: Pick<ApiClient, 'connection' | 'renew'>;
  readonly system: Pick<System, 'clock' | 'scheduler'>;
  /** How long a connection may stay away. */
  readonly patienceMs: number;
  /** The connection went, or came back. */
  readonly onConnection: (connected: boolean, reason: string) => void;
  readonly signal: AbortSignal;
}

/** How a connection ended although there is more to see. */
export interface Break {
  readonly reason: string;
  /** Trying again is no use. */
  readonly final: CliError | null;
  readonly isKeyRefused: boolean;
}

const RETRY_MS = 500;

/** What ended a request; anything but an answer, or none, is a bug. */
export function breakOf(error: unknown): Break {
  if (!(error instanceof CliError)) throw error;
  const { cause, message } = error;
  const isLost = error.exitCode === EXIT.CONNECTION_LOST;
  const reason = cause instanceof Error ? reasonOf(cause) : message;
  return { reason, final: isLost ? null : error, isKeyRefused: saysKeyIsRefused(error) };
}

/**
 * Attends until that ends by itself (null); every attendance calls `heard` as soon as it knows that it is connected.
 * False: the signal ended it.
 */
export async function stayConnected(
  options: StayOptions,
  attend: (heard: () => void) => Promise<Break | null>,
): Promise<boolean> {
  const { clock, scheduler } = options.system;
  let lostAt: number | null = null;
  const heard = (): void => {
    if (lostAt !== null) options.onConnection(true, 'connected again');
    lostAt = null;
  };
  while (!options.signal.aborted) {
    const broken = await attend(heard);
    if (broken === null) return true;
    if (options.signal.aborted) return false;
    // A control plane that was started again has given this machine another key, or will at any moment.
    const isOld = broken.isKeyRefused && options.api.connection.reread !== undefined;
    if (broken.final !== null && !isOld) throw broken.final;
    if (lostAt !== null && clock.monotonic() - lostAt >= options.patienceMs) {
      throw broken.final ?? connectionLost(options.api.connection.url, new Error(broken.reason));
    }
    if (lostAt === null) options.onConnection(false, broken.reason);
    lostAt ??= clock.monotonic();
    await scheduler.sleep(RETRY_MS);
    options.api.renew();
  }
  return false;
}
