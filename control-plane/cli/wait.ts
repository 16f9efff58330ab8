/** `--wait` and `watch`: follow an execution, show it, and turn its end into an exit code. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { followExecution } from './follow-execution.ts';
import { present } from './output.ts';
import { startProgress } from './progress.ts';
import { elapsed, formatOf, styleFor, symbolOf } from './style.ts';

export async function waitFor(context: Context, executionId: ExecutionId): Promise<ExitCode> {
  // Standard output belongs to the result where a program reads it.
  const stream = context.format === 'table' ? process.stdout : process.stderr;
  const progress = startProgress(stream, process.env, context.system);
  const stop = new AbortController();
  const detach = (): void => stop.abort();
  process.on('SIGINT', detach);
  process.on('SIGTERM', detach);
  try {
    const end = await followExecution({
      api: context.api,
      executionId,
      system: context.system,
      patienceMs: context.patienceMs,
      signal: stop.signal,
      onView: (view) => progress.show(view),
      onConnection: (connected, reason) =>
        progress.say(connected ? 'Connected again.' : `Connection lost (${reason}); trying again …`),
    });
    progress.end();
    if (end === null) {
      process.stderr.write(
        `Detached: ${executionId} goes on without you. ` +
          `Come back with \`fairlead executions watch ${executionId}\`, stop it with \`fairlead executions abort ${executionId}\`.\n`,
      );
      return EXIT.DETACHED;
    }
    present(context.format, { ...end.header, seq: end.seq }, () => closing(end));
    return exitCodeOf(end.header.status);
  } finally {
    progress.end();
    process.off('SIGINT', detach);
    process.off('SIGTERM', detach);
  }
}

function closing(view: ExecutionView): string {
  const { header } = view;
  const style = styleFor(process.stdout, process.env);
  const took = header.endedAt === null ? '' : ` in ${elapsed(header.endedAt - header.startedAt)}`;
  const head = style.paint(
    formatOf(header.status),
    `${symbolOf(header.status)} ${header.name}: ${STATUSES[header.status].label}${took}`,
  );
  const lines = [`${head}  (${header.executionId})`];
  if (header.failure !== null) {
    const at = header.failure.target === null ? '' : ` at ${header.failure.target}`;
    lines.push(`  cause${at}: ${header.failure.message}`);
  }
  if (header.rollback !== null) lines.push(`  rollback: ${header.rollback.toLowerCase()}`);
  for (const each of header.unconfirmed) lines.push(`  not confirmed at ${each.target}: ${each.why}`);
  if (header.failure !== null) lines.push(`  more: fairlead why ${header.executionId}`);
  return lines.join('\n');
}
