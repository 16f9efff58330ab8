import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

const path = text;
const script = { script: text, workingDirectory: path.optional() };
const port = z.union([z.number().int().min(1).max(65_535), text]);

/** The command units of orchestration 15.2 and platforms 4.2, in their own names. A nested COMMAND is flattened by the plan. */
export const commandUnit = z.discriminatedUnion('unit', [
  z.strictObject({ unit: z.literal('SETUP_ENV'), name: z.string() }),
  z.strictObject({ unit: z.literal('SCP'), name: z.string(), destination: path }),
  z.strictObject({ unit: z.literal('COPY_CONFIGS'), name: z.string(), destination: path }),
  z.strictObject({
    unit: z.literal('DOWNLOAD_ARTIFACT'),
    name: z.string(),
    destination: path,
    script: text.optional(),
  }),
  z.strictObject({ unit: z.literal('EXEC'), name: z.string(), ...script, shell: z.enum(['sh', 'bash']).default('sh') }),
  z.strictObject({
    unit: z.literal('PROCESS_CHECK_RUNNING'),
    name: z.string(),
    pattern: text,
    withinMs: z.number().int().nonnegative().default(0),
  }),
  z.strictObject({
    unit: z.literal('PROCESS_CHECK_STOPPED'),
    name: z.string(),
    pattern: text,
    withinMs: z.number().int().nonnegative().default(0),
  }),
  /** Connects to localhost:port on the host; waits up to `withinMs` for the wanted state. */
  z.strictObject({
    unit: z.literal('PORT_CHECK_LISTENING'),
    name: z.string(),
    port,
    withinMs: z.number().int().nonnegative().default(5_000),
  }),
  z.strictObject({
    unit: z.literal('PORT_CHECK_CLEARED'),
    name: z.string(),
    port,
    withinMs: z.number().int().nonnegative().default(5_000),
  }),
  z.strictObject({
    unit: z.literal('DOCKER_START'),
    name: z.string(),
    image: text,
    options: text.optional(),
    registry: text.optional(),
    user: text.optional(),
    password: text.optional(),
  }),
  z.strictObject({ unit: z.literal('DOCKER_STOP'), name: z.string(), image: text }),
]);
export type CommandUnit = z.infer<typeof commandUnit>;

export const commandParameters = z.strictObject({
  /** Install, Start, Stop or a name of the author's. */
  command: z.string().min(1),
  /** Filled in by the plan from the service's command; units run in order, the first failing one ends the task. */
  units: z.array(commandUnit).default([]),
});
export type CommandParameters = z.infer<typeof commandParameters>;

export const command: StepType = {
  type: 'COMMAND',
  key: 'command',
  title: 'Service Command',
  summary: "Runs one of the service's commands on every selected host.",
  parameters: commandParameters,
  shortForm: 'command',
  runs: 'hosts',
  idempotent: false,
  deploys: true,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};
