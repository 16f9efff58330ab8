import type { Clock } from '@fairlead/proto/model/system.ts';
import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { AtHand } from './at-hand.ts';
import type { Decision } from './deliberate.ts';
import type { Engine, EngineBug } from './engine.ts';
import type { History, Loaded } from './history.ts';

/** What an execution's loop needs of everything else. */
export interface LoopWorld {
  readonly engine: Engine;
  readonly history: History;
  readonly clock: Clock;
  readonly atHand: AtHand;
  /** Told after every append, in order: the projector, the live sockets, the other replicas. */
  publish(execution: Execution, seq: number, decisions: readonly Decision[]): void;
  /** The engine threw on this execution: record it, answer what it has become. */
  park(at: Loaded, bug: EngineBug, inputs: readonly Input[]): Promise<Loaded>;
  /** Somebody else drives it now, or settled it: this loop is over. */
  over(at: Loaded): void;
}

/** What is the same for every loop of a replica. */
export type LoopParts = Omit<LoopWorld, 'park' | 'over'>;

/** The state an input led to, and what was decided on it. */
export interface Outcome {
  readonly execution: Execution | null;
  readonly events: readonly Event[];
  /** The engine threw on it, or on what came with it: nothing followed from it. */
  readonly bug?: EngineBug | undefined;
}

/** Another driver took the execution over; what was asked of this one must be asked of that. */
export class Superseded extends Error {}
