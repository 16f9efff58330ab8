/** Bits of srv_admin_state. */
export const admin = { FMAINT: 0x01, CMAINT: 0x04, FDRAIN: 0x08 } as const;

export interface SimulatedServer {
  readonly id: number;
  readonly name: string;
  readonly port: number;
  readonly check: boolean;
  admin: number;
  up: boolean;
  /** Counts up with each check that passes; up from RISE on. */
  health: number;
  checkStatus: number;
  connections: number;
}
