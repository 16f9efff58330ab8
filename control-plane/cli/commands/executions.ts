import { executionListRow, executionView, journalView, moment, replaySchema } from '../../api/http/schemas.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import type { ExecutionView, Moment } from '@fairlead/proto/live.ts';
import { z } from 'zod';
import { segment } from '../api-client.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';
import { changeLines } from '../progress-lines.ts';
import { elapsed, styleFor } from '../style.ts';
import { waitFor } from '../wait.ts';

const page = z.object({ rows: z.array(executionListRow), next: z.string().nullable() });
const noted = z.object({ executionId: z.string() });

export interface ListOptions {
  readonly application?: string;
  readonly name?: string;
  readonly environment?: string;
  readonly status?: string;
  readonly find?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export async function listExecutions(context: Context, options: ListOptions): Promise<ExitCode> {
  const result = await context.api.get('/executions', page, {
    ...options,
    // Times as `executions list` prints them.
    ...Object.fromEntries(
      (['from', 'to'] as const).flatMap((name) =>
        options[name] === undefined ? [] : [[name, instant(name, options[name])]],
      ),
    ),
  });
  present(context.format, result, () => {
    const rows = result.rows.map((row) => [
      row.executionId,
      row.name,
      STATUSES[row.status].label,
      row.environment,
      row.actor,
      timeText(row.startedAt),
      row.endedAt === null ? null : elapsed(row.endedAt - row.startedAt),
    ]);
    const heads = ['EXECUTION', 'NAME', 'STATUS', 'ENVIRONMENT', 'BY', 'STARTED', 'TOOK'];
    const more = result.next === null ? '' : `\nMore: --cursor ${result.next}`;
    return tableOf(heads, rows, 'No executions yet. Start one with `fairlead deploy`.') + more;
  });
  return EXIT.SUCCESS;
}

export async function showExecution(
  context: Context,
  id: string,
  options: { readonly events?: boolean; readonly at?: string },
): Promise<ExitCode> {
  if (options.events === true) return showJournal(context, id);
  const at = options.at === undefined ? {} : { at: momentText(options.at) };
  const view = await context.api.get(`/executions/${segment(id)}`, executionView, at);
  present(context.format, view, () =>
    options.at === undefined ? describe(view) : `As it was at sequence ${view.seq}:\n${describe(view)}`,
  );
  return EXIT.SUCCESS;
}

function instant(option: string, text: string): string {
  if (/^\d+$/.test(text)) return text;
  const at = Date.parse(text.replace(' ', 'T'));
  if (Number.isNaN(at))
    throw usage(`--${option} ${text}: is no time. Write it like 2026-01-31 or '2026-01-31 12:00:05'.`);
  return String(at);
}

/** A time as `executions show` prints it is one of this machine; the server is told which instant that is. */
export function momentText(text: string): string {
  const local = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
    ? Date.parse(text.replace(' ', 'T'))
    : Number.NaN;
  // The whole second: what happened within it is meant, too.
  return Number.isNaN(local) ? text.replace(/^#/, '') : String(local + (text.includes('.') ? 0 : 999));
}

async function showJournal(context: Context, id: string): Promise<ExitCode> {
  const path = `/executions/${segment(id)}`;
  if (context.format !== 'table') {
    const records = await wholeJournal(context, `${path}/journal`);
    present(context.format, records, () => '');
    return EXIT.SUCCESS;
  }
  const page = z.object({ moments: z.array(moment), next: z.int().nullable() });
  for (let after: number | null = 0; after !== null;) {
    const { moments, next }: z.output<typeof page> = await context.api.get(`${path}/moments`, page, {
      after: `${after}`,
    });
    present(context.format, moments, () => moments.flatMap(momentLines).join('\n'));
    after = next;
  }
  return EXIT.SUCCESS;
}

const journalPage = z.object({ records: z.array(journalView), next: z.int().nullable() });

async function wholeJournal({ api }: Context, path: string): Promise<readonly z.output<typeof journalView>[]> {
  const records: z.output<typeof journalView>[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: z.output<typeof journalPage> = await api.get(path, journalPage, { after: `${after}`, limit: '200' });
    records.push(...page.records);
    after = page.next;
  }
  return records;
}

function momentLines({ seq, at, input, node, actor, events }: Moment): readonly string[] {
  const about = node === null ? '' : ` ${node}`;
  return [
    `#${seq}  ${timeText(at)}  ← ${input}${about}${actor === null ? '' : ` (${actor})`}`,
    ...events.map((each) => {
      const where = each.node === null || each.node === node ? '' : ` ${each.node}`;
      return `    → ${each.event}${where}${each.text === '' ? '' : `  ${each.text}`}`;
    }),
  ];
}

function describe(view: ExecutionView): string {
  const { header } = view;
  const lines = [
    `${header.name}  ${STATUSES[header.status].label}  ${header.executionId}`,
    `  application ${header.application}, revision ${header.revision}, by ${header.actor}, started ${timeText(header.startedAt)}`,
    ...header.artifacts.map((each) => `  ${each.service}: build ${each.build} (before: ${each.previous ?? 'none'})`),
  ];
  if (header.failure !== null) {
    const at = header.failure.target === null ? '' : ` at ${header.failure.target}`;
    lines.push(`  cause${at}: ${header.failure.message}`);
  }
  if (header.rollback !== null) lines.push(`  rollback: ${header.rollback.toLowerCase()}`);
  if (header.rolledBack !== null) lines.push(`  ${takenBack(header.rolledBack)}`);
  if (header.parked !== null) lines.push(`  parked: ${header.parked}`);
  for (const each of header.unconfirmed) lines.push(`  not confirmed at ${each.target}: ${each.why}`);
  return [...lines, ...changeLines(null, view, styleFor(process.stdout, process.env))].join('\n');
}

function takenBack({ of, actor, reason }: NonNullable<ExecutionView['header']['rolledBack']>): string {
  const what = of === null ? 'rolled back' : `takes back ${of}`;
  const who = actor === null ? 'because of a failure' : `asked for by ${actor}`;
  return `${what}, ${who}${reason === '' ? '' : `: ${reason}`}`;
}

export async function watchExecution(context: Context, id: string): Promise<ExitCode> {
  const view = await context.api.get(`/executions/${segment(id)}`, executionView);
  return waitFor(context, view.header.executionId);
}

interface Reasoned {
  readonly reason: string;
  readonly run?: string;
}

const bodyOf = ({ reason, run }: Reasoned) => ({ reason, ...(run === undefined ? {} : { runId: run }) });

export async function abortExecution(context: Context, id: string, options: Reasoned): Promise<ExitCode> {
  const result = await context.api.post(`/executions/${segment(id)}/abort`, noted, bodyOf(options));
  present(context.format, result, () => `Aborting ${result.executionId}; nothing is rolled back.`);
  return EXIT.SUCCESS;
}

export async function rollbackExecution(
  context: Context,
  id: string,
  options: Reasoned & { readonly wait?: boolean },
): Promise<ExitCode> {
  const result = await context.api.post(`/executions/${segment(id)}/rollback`, noted, bodyOf(options));
  if (options.wait === true) return waitFor(context, result.executionId);
  present(
    context.format,
    result,
    () => `Rolling back: ${result.executionId}. Watch it with \`fairlead executions watch ${result.executionId}\`.`,
  );
  return EXIT.SUCCESS;
}

export async function replayExecution(context: Context, id: string): Promise<ExitCode> {
  const result = await context.api.get(`/executions/${segment(id)}/replay`, replaySchema);
  present(context.format, result, () =>
    [
      `${result.executionId}: ${result.records} records, ${result.events} events`,
      result.stateMatches
        ? 'The journal gives the state that is served.'
        : 'The journal gives ANOTHER state than is served.',
      ...result.differences.map((each) => `  #${each.seq} ${each.input}: ${each.reason}`),
      result.differences.length === 0 ? 'Deciding again gave the same events.' : 'Deciding again gave other events.',
    ].join('\n'),
  );
  return result.stateMatches && result.differences.length === 0 ? EXIT.SUCCESS : EXIT.FAILED;
}
