import type { Command } from 'commander';
import { collect, type Client } from './client-command.ts';

const executions = () => import('./commands/executions.ts');
const steering = () => import('./commands/steering.ts');

/** Starting, seeing and steering executions. Answers the group `executions`. */
export function addExecutionCommands(program: Command, client: Client): Command {
  program
    .command('deploy [name]')
    .description('start a workflow or a pipeline')
    .option('--var <name=value>', 'an input (repeatable)', collect)
    .option('--artifact <service=build>', 'a build; others take the latest (repeatable)', collect)
    .option('--hosts <names>', 'only these, divided by commas; later phases are skipped')
    .option('--skip-same-version', 'leave out hosts that have the build already')
    .option('--application <name>', 'where there are several')
    .option('--idempotency-key <key>', 'the same key starts nothing twice')
    .option(
      '--wait',
      'stay until it has ended: 0 success, 1 failed, 3 aborted, 4 rejected or expired, 5 connection lost',
    )
    .action((name, options, command) =>
      client(command, async (it) => (await import('./commands/deploy.ts')).deploy(it, name, options)),
    );
  const group = program.command('executions').description('what ran and runs');
  group
    .command('list')
    .description('what ran and runs, newest first')
    .option('--application <name>')
    .option('--name <workflow>')
    .option('--environment <name>')
    .option('--status <names>', 'divided by commas')
    .option('--find <words>', 'in ids, names, who started it, and builds')
    .option('--from <time>', 'started then or later')
    .option('--to <time>', 'started before')
    .option('--limit <number>')
    .option('--cursor <text>', 'the page after')
    .action((options, command) => client(command, async (it) => (await executions()).listExecutions(it, options)));
  group
    .command('show [id]')
    .description('one execution, step by step')
    .option('--at <moment>', 'as it was then: a sequence of its journal like 12, a time, or +90s after its start')
    .option('--events', 'its journal: every decision with what led to it, who, when, and what followed')
    .action((id, options, command) =>
      client(command, async (it) => (await executions()).showExecution(it, id ?? 'last', options)),
    );
  group
    .command('watch [id]')
    .description('follow one until it has ended; exits as deploy --wait does')
    .action((id, _options, command) =>
      client(command, async (it) => (await executions()).watchExecution(it, id ?? 'last')),
    );
  group
    .command('logs [id]')
    .description('what its steps wrote')
    .option('--step <name>')
    .option('--host <name>')
    .option('--attempt <number>', 'only the first, second … attempt of each')
    .option('--follow', 'stay until it has ended')
    .action((id, options, command) =>
      client(command, async (it) => (await import('./commands/logs.ts')).showLogs(it, id ?? 'last', options)),
    );
  group
    .command('abort <id>')
    .description('stop it now; nothing is rolled back')
    .option('--run <run>', 'only this run of a pipeline: its id, or its name')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options, command) =>
      client(command, async (it) => (await executions()).abortExecution(it, id, options)),
    );
  group
    .command('rollback <id>')
    .description('undo what it did, while it runs or where it is what was deployed last')
    .option('--run <run>', 'only this run of a pipeline that runs: its id, or its name')
    .option('--reason <text>', 'kept in the journal', '')
    .option('--wait', 'stay until it has ended')
    .action((id, options, command) =>
      client(command, async (it) => (await executions()).rollbackExecution(it, id, options)),
    );
  group
    .command('diff <a> <b>')
    .description('what was different about two executions, and where their paths parted')
    .action((a, b, _options, command) =>
      client(command, async (it) => (await import('./commands/diff.ts')).diff(it, a, b)),
    );
  group
    .command('pause <id>')
    .description('begin nothing more; what runs goes on to its end')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { reason: string }, command) =>
      client(command, async (it) => (await steering()).pauseExecution(it, id, options.reason)),
    );
  group
    .command('resume <id>')
    .description('go on after a pause (with a pipeline that did not succeed: continue)')
    .action((id, _options, command) => client(command, async (it) => (await steering()).resumeExecution(it, id)));
  group
    .command('intervene <id>')
    .description('decide on a failed step that waits for it; without --do: what waits')
    .option('--step <name>', 'its name or id, where several wait')
    .option('--do <action>', 'retry, ignore, mark-success, end, abort, rollback, rollback-provisioners-last')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { step?: string; do?: string; reason: string }, command) =>
      client(command, async (it) => (await steering()).interveneInExecution(it, id, options)),
    );
  group
    .command('settle <id>')
    .description('settle by force what is broken and has been aborted; without --yes: what that gives up')
    .option('--yes', 'do it')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { yes?: boolean; reason: string }, command) =>
      client(command, async (it) => (await steering()).settleByForce(it, id, options)),
    );
  group
    .command('replay <id>')
    .description('decide everything again from the journal and compare')
    .action((id, _options, command) => client(command, async (it) => (await executions()).replayExecution(it, id)));
  return group;
}
