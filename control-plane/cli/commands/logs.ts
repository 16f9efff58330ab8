import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import { executionView } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import { CliError, saysNothingCame, usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { loggedAttempts, stepNameOf } from '../logged-attempts.ts';
import type { LogChoice, LoggedAttempt } from '../logged-attempts.ts';
import { present } from '../output.ts';
import { breakOf, stayConnected } from '../stay-connected.ts';
import { styleFor } from '../style.ts';
import { TextPlace } from '../text-place.ts';
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
  const show = showing(context, id, choice, stop.signal);
  if (options.follow !== true) {
    await show('read', () => {});
    return stop.signal.aborted ? EXIT.DETACHED : EXIT.SUCCESS;
  }
  const isOver = await stayConnected(
    {
      ...context,
      signal: stop.signal,
      onConnection: (connected, reason) =>
        void process.stderr.write(connected ? 'Connected again.\n' : `Connection lost (${reason}); trying again …\n`),
    },
    async (heard) => {
      for (;;) {
        try {
          await show('follow', heard);
          return null;
        } catch (error) {
          // Of a step that says nothing for minutes there is nothing to tell.
          if (!(error instanceof CliError) || !saysNothingCame(error)) return breakOf(error);
        }
      }
    },
  );
  return isOver && !stop.signal.aborted ? EXIT.SUCCESS : EXIT.DETACHED;
}

/** Called again, it goes on where it was. */
function showing(context: Context, id: string, choice: LogChoice, signal: AbortSignal) {
  const style = styleFor(process.stdout, process.env);
  const places = new Map<AttemptId, TextPlace>();
  const done = new Set<AttemptId>();

  const showOne = async ({ attemptId, title }: LoggedAttempt, follow: boolean, heard: () => void): Promise<void> => {
    const place = places.get(attemptId) ?? new TextPlace();
    if (!places.has(attemptId)) process.stdout.write(`${style.paint('bold', `── ${title}`)}\n`);
    places.set(attemptId, place);
    const query = { follow: String(follow), from: String(place.resume()) };
    for await (const part of context.api.bytes(`/attempts/${segment(attemptId)}/log`, query, signal)) {
      heard();
      process.stdout.write(place.take(part));
    }
    if (!signal.aborted) done.add(attemptId);
  };

  return async (how: 'read' | 'follow', heard: () => void): Promise<void> => {
    while (!signal.aborted) {
      const view = await context.api.get(`/executions/${segment(id)}`, executionView);
      heard();
      const found = loggedAttempts(view, treeOf(view), choice);
      const isOver = how === 'read' || isTerminal(view.header.status);
      if (found.length === 0 && isOver) throw nothing(view, choice);
      for (const each of found) if (!done.has(each.attemptId)) await showOne(each, how === 'follow', heard);
      if (isOver) return;
      // The next attempt is there, or will be soon.
      await context.system.scheduler.sleep(300);
    }
  };
}

/** For programs: every attempt with its text, once all of it has been read. */
async function printLogs(context: Context, id: string, choice: LogChoice, follows: boolean): Promise<ExitCode> {
  if (follows) throw usage(`--follow: is for people. Leave out -o ${context.format}, or --follow.`);
  const view = await context.api.get(`/executions/${segment(id)}`, executionView);
  const found = loggedAttempts(view, treeOf(view), choice);
  if (found.length === 0) throw nothing(view, choice);
  const logs = [];
  for (const { attemptId, title } of found) {
    const parts = [];
    const never = new AbortController().signal;
    for await (const part of context.api.bytes(`/attempts/${segment(attemptId)}/log`, {}, never)) parts.push(part);
    logs.push({ attemptId, title, text: Buffer.concat(parts).toString() });
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
