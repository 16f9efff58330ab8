/** What every client command needs, made of the options in front of or behind its name. */
import type { System } from '@fairlead/proto/model/system.ts';
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import type { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { usage } from './cli-error.ts';
import { findConnection } from './connection.ts';
import type { Format } from './output.ts';
import { FORMATS } from './output.ts';
import { realSystem } from '../adapters/system/index.ts';

export interface Context {
  readonly api: ApiClient;
  readonly format: Format;
  readonly system: System;
  readonly patienceMs: number;
}

const globals = z.object({
  server: z.string().optional(),
  key: z.string().optional(),
  data: z.string().optional(),
  output: z.enum(FORMATS).default('table'),
});

export type Globals = z.output<typeof globals>;

/** `command` is what commander hands to an action as its last argument. */
export const globalsOf = (command: Command): Globals => globals.parse(command.optsWithGlobals());

export function openContext(command: Command): Context {
  const options = globalsOf(command);
  return {
    api: new ApiClient(findConnection(options, process.env)),
    format: options.output,
    system: realSystem,
    patienceMs: patience(process.env['FAIRLEAD_RECONNECT'] ?? '30s'),
  };
}

function patience(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw usage(`FAIRLEAD_RECONNECT: ${text} is no duration. Write it like 30s.`);
  return ms;
}
