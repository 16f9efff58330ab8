/** What executions take turns with. */
import { z } from 'zod';
import type { GuardView, LockView, LockWaiterView, QueuePlaceView, QueueView } from '../../app/use-cases.ts';
import { time } from './waiting-schema.ts';

const lockWaiter = z
  .object({ executionId: z.string(), by: z.string(), ticket: z.int(), permits: z.int(), since: time.nullable() })
  .meta({ id: 'LockWaiter' }) satisfies z.ZodType<LockWaiterView>;
const queue = { active: z.array(lockWaiter).readonly(), blocked: z.array(lockWaiter).readonly() };

export const lockView = z
  .object({ key: z.string(), name: z.string(), ...queue })
  .meta({ id: 'Lock' }) satisfies z.ZodType<LockView>;

export const guardView = z
  .object({
    name: z.string(),
    capacity: z.int(),
    strategy: z.enum(['FIFO', 'ASAP']),
    units: z.array(z.object({ unit: z.string(), used: z.int(), ...queue })).readonly(),
  })
  .meta({ id: 'Guard' }) satisfies z.ZodType<GuardView>;

const queuePlace = lockWaiter
  .extend({ execution: z.object({ name: z.string(), application: z.string(), actor: z.string() }).nullable() })
  .meta({ id: 'QueuePlace' }) satisfies z.ZodType<QueuePlaceView>;

export const queueView = z
  .object({
    kind: z.enum(['INFRASTRUCTURE', 'GUARD']),
    name: z.string(),
    unit: z.string().describe('Of a guard: what it is counted for; empty: one for all.'),
    capacity: z.int(),
    used: z.int(),
    strategy: z.enum(['FIFO', 'ASAP']),
    holders: z.array(queuePlace).readonly(),
    waiting: z.array(queuePlace).readonly().describe('The first is next.'),
  })
  .meta({ id: 'Queue' }) satisfies z.ZodType<QueueView>;
