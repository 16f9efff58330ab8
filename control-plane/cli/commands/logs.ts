import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { executionView } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { styleFor } from '../style.ts';
import type { Tree } from '../view-tree.ts';
import { treeOf } from '../view-tree.ts';

export interface LogOptions {
  readonly step?: string;
  readonly host?: string;
  readonly follow?: boolean;
}

/** The logs of an execution's attempts one after the other, each under its own heading. */
export async function showLogs(context: Context, id: string, options: LogOptions): Promise<ExitCode> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const style = styleFor(process.stdout, process.env);
  const shown = new Set<string>();
  for (;;) {
    const view = await context.api.get(`/executions/${segment(id)}`, executionView);
    const found = attemptsOf(view, options);
    const over = isTerminal(view.header.status);
    if (found.length === 0 && (over || options.follow !== true)) throw nothing(view, options);
    for (const { node, title } of found) {
      if (node.attemptId === null || shown.has(node.attemptId)) continue;
      shown.add(node.attemptId);
      process.stdout.write(`${style.paint('bold', `── ${title}`)}\n`);
      const follow = options.follow === true ? 'true' : 'false';
      for await (const text of context.api.text(`/attempts/${segment(node.attemptId)}/log`, { follow }, stop.signal)) {
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

function attemptsOf(view: ExecutionView, options: LogOptions): readonly { node: NodeView; title: string }[] {
  const tree = treeOf(view);
  const attempts = view.nodes.filter((node) => node.attemptId !== null && node.startedAt !== null);
  const own = attempts.filter((node) => node.kind === 'attempt');
  return (own.length > 0 ? own : attempts)
    .filter((node) => options.host === undefined || node.target === options.host)
    .filter(
      (node) => options.step === undefined || stepName(node, view, tree).toLowerCase() === options.step.toLowerCase(),
    )
    .sort((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0))
    .map((node) => ({ node, title: titleOf(node, tree) }));
}

const titleOf = (node: NodeView, tree: Tree): string =>
  `${tree.pathOf(node)}${node.target === null ? '' : ` @ ${node.target}`}`;

function stepName(node: NodeView, view: ExecutionView, tree: Tree): string {
  void view;
  return tree.pathOf(node).split(' / ').at(-1) ?? '';
}

function nothing(view: ExecutionView, options: LogOptions): Error {
  const tree = treeOf(view);
  const steps = new Set(view.nodes.filter((node) => node.attemptId !== null).map((node) => stepName(node, view, tree)));
  const hosts = new Set(view.nodes.flatMap((node) => (node.target === null ? [] : [node.target])));
  const asked = [
    ...(options.step === undefined ? [] : [`step ${options.step}`]),
    ...(options.host === undefined ? [] : [`host ${options.host}`]),
  ].join(' and ');
  return usage(
    `There is no log${asked === '' ? '' : ` of ${asked}`} in ${view.header.executionId}. ` +
      `Steps: ${[...steps].join(', ') || 'none yet'}. Hosts: ${[...hosts].join(', ') || 'none yet'}.`,
  );
}
