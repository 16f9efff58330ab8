import type { Input } from '../inputs.ts';
import type { Turn } from '../turn.ts';

/** The first append of a new driver. It proves that its read was current: every later append of the old driver collides. */
export function changeDriver(turn: Turn, input: Extract<Input, { input: 'driverChanged' }>): void {
  if (turn.execution.settled || input.epoch <= turn.execution.epoch) return;
  turn.emit({ event: 'DriverChanged', driver: input.driver, epoch: input.epoch });
}
