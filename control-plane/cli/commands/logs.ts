import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import { executionView } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { loggedAttempts, stepNameOf } from '../logged-attempts.ts';
import type { LogChoice } from '../logged-attempts.ts';
import { present } from '../output.ts';
import { styleFor } from '../style.ts';
import { treeOf } from '../view-tree.ts';

export interface LogOptions {
  readonly step?: string;
  readonly host?: string;
  /** As typed. */
  readonly attempt?: string;
  readonly follow?: boolean;
}

/** The logs of an execution's attempts one after the other, each under its own heading. */
export async function showLogs(context: Context, id: string, options: LogOptions): Promise<ExitCode> {
  const choice = choiceOf(options);
  if (context.format !== 'table') return printLogs(context, id, choice, options.follow === true);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const style = styleFor(process.stdout, process.env);
  const shown = new Set<string>();
  for (;;) {
    const view = await context.api.get(`/executions/${segment(id)}`, executionView);
    const found = loggedAttempts(view, treeOf(view), choice);
    const over = isTerminal(view.header.status);
    if (found.length === 0 && (over || options.follow !== true)) throw nothing(view, choice);
    for (const { attemptId, title } of found) {
      if (shown.has(attemptId)) continue;
      shown.add(attemptId);
      process.stdout.write(`${style.paint('bold', `── ${title}`)}\n`);
      const follow = options.follow === true ? 'true' : 'false';
      for await (const text of context.api.text(`/attempts/${segment(attemptId)}/log`, { follow }, stop.signal)) {
        process.stdout.write(text);
      }
      if (stop.signal.aborted) return EXIT.DETACHED;
    }
    if (options.follow !== true || over) return EXIT.SUCCESS;
    // The next attempt is there, or will be soon.
    await context.system.scheduler.sleep(300);
    if (stop.signal.aborted) return EXIT.DETACHED;
  }
}

/** For programs: every attempt with its text, once all of it has been read. */
async function printLogs(context: Context, id: string, choice: LogChoice, follows: boolean): Promise<ExitCode> {
  if (follows) throw usage(`--follow: is for people. Leave out -o ${context.format}, or --follow.`);
  const view = await context.api.get(`/executions/${segment(id)}`, executionView);
  const found = loggedAttempts(view, treeOf(view), choice);
  if (found.length === 0) throw nothing(view, choice);
  const logs = [];
  for (const { attemptId, title } of found) {
    let text = '';
    const parts = context.api.text(`/attempts/${segment(attemptId)}/log`, {}, new AbortController().signal);
    for await (const part of parts) text += part;
    logs.push({ attemptId, title, text });
  }
  present(context.format, logs, () => '');
  return EXIT.SUCCESS;
}

function choiceOf({ step, host, attempt }: LogOptions): LogChoice {
  if (attempt !== undefined && !/^[1-9]\d{0,5}$/.test(attempt)) {
    throw usage(`--attempt ${attempt}: name it by its number; the first is 1.`);
  }
  return {
    ...(step === undefined ? {} : { step }),
    ...(host === undefined ? {} : { host }),
    ...(attempt === undefined ? {} : { attempt: Number(attempt) }),
  };
}

function nothing(view: ExecutionView, choice: LogChoice): Error {
  const tree = treeOf(view);
  const steps = new Set(view.nodes.filter((node) => node.attemptId !== null).map((node) => stepNameOf(node, tree)));
  const hosts = new Set(view.nodes.flatMap((node) => (node.target === null ? [] : [node.target])));
  const asked = [
    ...(choice.step === undefined ? [] : [`step ${choice.step}`]),
    ...(choice.host === undefined ? [] : [`host ${choice.host}`]),
    ...(choice.attempt === undefined ? [] : [`attempt ${choice.attempt}`]),
  ].join(' and ');
  return usage(
    `There is no log${asked === '' ? '' : ` of ${asked}`} in ${view.header.executionId}. ` +
      `Steps: ${[...steps].join(', ') || 'none yet'}. Hosts: ${[...hosts].join(', ') || 'none yet'}.`,
  );
}
