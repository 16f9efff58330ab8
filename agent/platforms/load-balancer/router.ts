/** Whether a server is given requests, as it was told: `DRAIN` keeps what it has and gets nothing new. */
export type Admission = 'ON' | 'DRAIN' | 'OFF';

export interface ServerState {
  readonly admission: Admission;
  /** What the load balancer's own checks say of it; `UNCHECKED` where it has none, or makes none now. */
  readonly health: 'UP' | 'DOWN' | 'UNCHECKED';
  /** Requests or connections under way at it. */
  readonly connections: number;
}

export type ServerStates = ReadonlyMap<string, ServerState>;

/**
 * One load balancer, as the steps see it; one folder for each product. It remembers nothing: what is true is what
 * `read` answers now. Every call rejects with a FailureError: UNREACHABLE when nobody answers, AUTHENTICATION_REFUSED
 * when it may not be told things, NOT_FOUND naming what exists for an unknown backend or server. A call that rejected
 * may have been carried out: read again.
 */
export interface Router {
  /** For people: `HAProxy at unix:/run/haproxy/admin.sock`. */
  readonly name: string;
  /** Of all servers of the backend. */
  read(): Promise<ServerStates>;
  /**
   * Admits a server, lets it finish, or shuts it off. Idempotent, and harmless to every other server. Resolves when the
   * load balancer took the command, which is no proof: read it back.
   */
  admit(server: string, admission: Admission): Promise<void>;
  /**
   * Has the health of a server that gets no traffic found out anew, still without giving it any: afterwards it is DOWN
   * until checks made after this call pass, or UNCHECKED where the load balancer has no check for it.
   */
  prove(server: string): Promise<void>;
}
