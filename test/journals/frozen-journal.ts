/**
 * Samples of journals as releases wrote them. They are never changed and never removed: whoever upgrades has such
 * journals, and this code must read them, fold them to the same end and decide the same on their inputs.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { viewOf } from '../../control-plane/app/execution-view.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import type { Play } from '../support/play.ts';

const schema = z.strictObject({
  records: z.array(
    z.strictObject({ executionId: z.string(), seq: z.int(), epoch: z.int(), now: z.number(), body: z.string() }),
  ),
  /** What the records name by hash, as text. */
  blobs: z.record(z.string(), z.string()),
  /** What they fold to. */
  outcome: z.array(z.string()),
});

export type FrozenJournal = z.output<typeof schema>;

/** What is frozen, by name. */
export type Samples = Readonly<Record<string, () => Play>>;

export const directory = fileURLToPath(new URL('frozen/', import.meta.url));
export const manifestFile = join(directory, 'manifest.txt');

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const readText = (name: string): string => readFileSync(join(directory, `${name}.json`), 'utf8');
export const readFrozen = (name: string): FrozenJournal => schema.parse(JSON.parse(readText(name)));

/** Name → checksum, as the manifest tells. */
export function readManifest(): ReadonlyMap<string, string> {
  if (!existsSync(manifestFile)) return new Map();
  const lines = readFileSync(manifestFile, 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [hash = '', name = ''] = line.split('  ');
      return [name, hash];
    }),
  );
}

export const frozenNames = (): readonly string[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));

/** Everything a person would notice: what state a release adds to an execution must leave these lines as they are. */
export function outcomeOf(execution: Execution): string[] {
  const { header, nodes } = viewOf(execution, 0, (agent) => agent);
  const ended = header.endedAt === null ? 'not ended' : `ended at ${header.endedAt}`;
  return [
    `${header.status}, ${ended}, ${header.settled ? 'settled' : 'not settled'}, ${execution.events} events`,
    ...nodes
      .filter((node) => node.kind !== 'attempt')
      .map((node) => `${node.id}: ${node.status ?? '-'}${node.failure === null ? '' : `, ${node.failure.code}`}`),
  ];
}
