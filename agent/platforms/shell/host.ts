import type { Transport } from './channel.ts';

/** A place scripts run at, as one attempt sees it: a host over SSH, or the agent's own machine. */
export interface Host {
  /** For people. */
  readonly name: string;
  readonly transport: Transport;
  /** Shell words of the directory of all claims there. */
  readonly claims: string;
  /** Exported to scripts: name → shell words. */
  readonly exports: Readonly<Record<string, string>>;
  /** A path as written → shell words; HOME, the WINGS paths and the task's environment are known in it. */
  path(written: string): string;
  /** Text with what only the agent knows filled in. */
  text(late: unknown): Promise<string>;
}
