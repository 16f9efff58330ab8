/** `fairlead status`: what runs where, and what was done there before. */
import { z } from 'zod';
import { deploymentRow, instanceRow } from '../../api/http/schemas.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';

export interface StatusOptions {
  readonly application?: string;
  readonly service?: string;
  readonly environment?: string;
  readonly infrastructure?: string;
  readonly host?: string;
  readonly build?: string;
  readonly execution?: string;
  readonly state?: string;
  readonly history?: boolean;
  readonly limit?: string;
  readonly cursor?: string;
}

export async function status(context: Context, { history, ...options }: StatusOptions): Promise<ExitCode> {
  return history === true ? showHistory(context, options) : whatRunsWhere(context, options);
}

const quoted = (cursor: string): string => (/^[\w./-]+$/.test(cursor) ? cursor : `'${cursor}'`);
const more = (next: string | null): string => (next === null ? '' : `\nMore: --cursor ${quoted(next)}`);

async function whatRunsWhere(context: Context, options: Omit<StatusOptions, 'history'>): Promise<ExitCode> {
  const schema = z.object({ instances: z.array(instanceRow), next: z.string().nullable() });
  const { state, ...rest } = options;
  const wanted = state === undefined ? {} : { state: state.toUpperCase() };
  const { instances, next } = await context.api.get('/instances', schema, { ...rest, ...wanted });
  present(context.format, instances, () => {
    const noted = instances.some((row) => row.note !== null);
    const rows = instances.map((row) => [
      row.service,
      `${row.environment}/${row.infrastructure}`,
      row.host,
      row.build,
      timeText(row.at),
      row.executionId,
      ...(noted ? [row.note === null ? '' : `${row.state.toLowerCase()}: ${row.note}`] : []),
    ]);
    const heads = ['SERVICE', 'INFRASTRUCTURE', 'HOST', 'BUILD', 'SINCE', 'EXECUTION', ...(noted ? ['NOTE'] : [])];
    const isFiltered = Object.keys(options).length > 0;
    const nothing = isFiltered
      ? 'Nothing matches.'
      : 'Nothing runs anywhere yet. Deploy something with `fairlead deploy`.';
    return tableOf(heads, rows, nothing) + more(next);
  });
  return EXIT.SUCCESS;
}

const ACTIONS = {
  DEPLOYED: 'deployed',
  ROLLED_BACK: 'rolled back to',
  REMOVED: 'removed',
  BROKE_OFF: 'broke off deploying',
  SWAPPED_IN: 'gave the traffic to',
  SWAPPED_OUT: 'took the traffic from',
} as const;

async function showHistory(context: Context, { state: _, ...options }: StatusOptions): Promise<ExitCode> {
  const schema = z.object({ deployments: z.array(deploymentRow), next: z.string().nullable() });
  const { deployments, next } = await context.api.get('/instances/history', schema, { ...options, history: undefined });
  present(context.format, deployments, () => {
    const rows = deployments.map((row) => [
      timeText(row.at),
      `${row.environment}/${row.infrastructure}`,
      row.host,
      row.service,
      `${ACTIONS[row.action]} ${row.build}`,
      row.executionId,
    ]);
    const heads = ['AT', 'INFRASTRUCTURE', 'HOST', 'SERVICE', 'DONE', 'EXECUTION'];
    return tableOf(heads, rows, 'Nothing was deployed there.') + more(next);
  });
  return EXIT.SUCCESS;
}
