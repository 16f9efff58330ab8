/** The commands and their options. What they do is loaded only when one is called: `--help` stays instant. */
import { Command, Option } from 'commander';
import { addPipelineCommands } from './pipeline-commands.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { VERSION } from '../version.ts';

type Finish = (code: ExitCode) => void;

const FORMATS = ['table', 'json', 'yaml'];
const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function makeProgram(finish: Finish): Command {
  const program = new Command('fairlead')
    .description('Deliver software over SSH; never stuck, never twice.')
    .version(VERSION)
    .option('--server <url>', 'the control plane (FAIRLEAD_SERVER)')
    .option('--key <key>', 'an API key (FAIRLEAD_KEY)')
    .option('--data <dir>', 'data directory (FAIRLEAD_DATA, ~/.fairlead)')
    .addOption(new Option('-o, --output <format>', 'form of the result').choices(FORMATS).default('table'))
    .showHelpAfterError('See `fairlead --help`.');
  addDefinitionCommands(program, finish);
  addExecutionCommands(program, finish);
  addOverviewCommands(program, finish);
  addServerCommands(program, finish);
  return program;
}

/** Runs a client command: context first, then the command, then its exit code. */
async function client(command: Command, finish: Finish, run: (context: Context) => Promise<ExitCode>): Promise<void> {
  const { openContext } = await import('./context.ts');
  finish(await run(openContext(command)));
}

const definitions = () => import('./commands/definitions.ts');
const executions = () => import('./commands/executions.ts');
const steering = () => import('./commands/steering.ts');
const overview = () => import('./commands/overview.ts');
const locks = () => import('./commands/locks.ts');

function addDefinitionCommands(program: Command, finish: Finish): void {
  program
    .command('init')
    .description('write a fairlead.yaml for your hosts')
    .option('--host <user@host[:port]>', 'a host, as often as there are hosts', collect)
    .option('--ssh-key <file>', 'private key the agent logs in with')
    .option('--application <name>')
    .option('--service <name>')
    .option('--artifacts <dir>', 'directory with the builds, like web-1.tgz')
    .option('--start <command>', 'starts the service')
    .option('--stop <command>', 'stops the service')
    .option('--port <number>', 'port the service listens on')
    .option('--out <file>', 'where to write it', 'fairlead.yaml')
    .option('--force', 'replace a file that exists')
    .action(async (options) => finish(await (await import('./commands/init.ts')).init(options)));
  program
    .command('apply')
    .description('make the definitions be what the files say')
    .requiredOption('-f, --file <path>', 'file, directory or - (repeatable)', collect)
    .option('--dry-run', 'only check and say what would change')
    .option('--prune', 'delete what the files no longer name')
    .action((options, command) => client(command, finish, async (it) => (await definitions()).apply(it, options)));
  program
    .command('explain')
    .description('the canonical form, with every generated default')
    .option('-f, --file <path>', 'file, directory or - (repeatable); otherwise what is stored', collect)
    .action((options, command) => client(command, finish, async (it) => (await definitions()).explain(it, options)));
  program
    .command('get [kind] [name]')
    .description('definitions as they were written (-o yaml can be applied again)')
    .action((kind, name, _options, command) =>
      client(command, finish, async (it) => (await definitions()).get(it, kind, name)),
    );
}

function addExecutionCommands(program: Command, finish: Finish): void {
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
      client(command, finish, async (it) => (await import('./commands/deploy.ts')).deploy(it, name, options)),
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
    .action((options, command) =>
      client(command, finish, async (it) => (await executions()).listExecutions(it, options)),
    );
  group
    .command('show [id]')
    .description('one execution, step by step')
    .option('--at <moment>', 'as it was then: a sequence of its journal like 12, a time, or +90s after its start')
    .option('--events', 'its journal: every decision with what led to it, who, when, and what followed')
    .action((id, options, command) =>
      client(command, finish, async (it) => (await executions()).showExecution(it, id ?? 'last', options)),
    );
  group
    .command('watch [id]')
    .description('follow one until it has ended; exits as deploy --wait does')
    .action((id, _options, command) =>
      client(command, finish, async (it) => (await executions()).watchExecution(it, id ?? 'last')),
    );
  group
    .command('logs [id]')
    .description('what its steps wrote')
    .option('--step <name>')
    .option('--host <name>')
    .option('--attempt <number>', 'only the first, second … attempt of each')
    .option('--follow', 'stay until it has ended')
    .action((id, options, command) =>
      client(command, finish, async (it) => (await import('./commands/logs.ts')).showLogs(it, id ?? 'last', options)),
    );
  group
    .command('abort <id>')
    .description('stop it now; nothing is rolled back')
    .option('--run <run>', 'only this run of a pipeline: its id, or its name')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options, command) =>
      client(command, finish, async (it) => (await executions()).abortExecution(it, id, options)),
    );
  group
    .command('rollback <id>')
    .description('undo what it did, while it runs or where it is what was deployed last')
    .option('--run <run>', 'only this run of a pipeline that runs: its id, or its name')
    .option('--reason <text>', 'kept in the journal', '')
    .option('--wait', 'stay until it has ended')
    .action((id, options, command) =>
      client(command, finish, async (it) => (await executions()).rollbackExecution(it, id, options)),
    );
  group
    .command('diff <a> <b>')
    .description('what was different about two executions, and where their paths parted')
    .action((a, b, _options, command) =>
      client(command, finish, async (it) => (await import('./commands/diff.ts')).diff(it, a, b)),
    );
  group
    .command('pause <id>')
    .description('begin nothing more; what runs goes on to its end')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { reason: string }, command) =>
      client(command, finish, async (it) => (await steering()).pauseExecution(it, id, options.reason)),
    );
  group
    .command('resume <id>')
    .description('go on after a pause (with a pipeline that did not succeed: continue)')
    .action((id, _options, command) =>
      client(command, finish, async (it) => (await steering()).resumeExecution(it, id)),
    );
  group
    .command('intervene <id>')
    .description('decide on a failed step that waits for it; without --do: what waits')
    .option('--step <name>', 'its name or id, where several wait')
    .option('--do <action>', 'retry, ignore, mark-success, end, abort, rollback, rollback-provisioners-last')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { step?: string; do?: string; reason: string }, command) =>
      client(command, finish, async (it) => (await steering()).interveneInExecution(it, id, options)),
    );
  group
    .command('settle <id>')
    .description('settle by force what is broken and has been aborted; without --yes: what that gives up')
    .option('--yes', 'do it')
    .option('--reason <text>', 'kept in the journal', '')
    .action((id, options: { yes?: boolean; reason: string }, command) =>
      client(command, finish, async (it) => (await steering()).settleByForce(it, id, options)),
    );
  group
    .command('replay <id>')
    .description('decide everything again from the journal and compare')
    .action((id, _options, command) =>
      client(command, finish, async (it) => (await executions()).replayExecution(it, id)),
    );
  addPipelineCommands(program, group, (command, run) => client(command, finish, run));
}

function addOverviewCommands(program: Command, finish: Finish): void {
  program
    .command('status')
    .description('what runs where')
    .option('--application <name>')
    .option('--service <name>')
    .option('--environment <name>')
    .option('--infrastructure <name>')
    .option('--host <name>')
    .option('--build <number>')
    .option('--execution <id>', 'what this one put there')
    .option('--state <state>', 'running, removed (its host has left) or undone (rolled back to nothing)')
    .option('--history', 'everything that was done there, newest first')
    .option('--limit <number>')
    .option('--cursor <text>', 'the page after')
    .action((options, command) =>
      client(command, finish, async (it) => (await import('./commands/status.ts')).status(it, options)),
    );
  program
    .command('why [id]')
    .description('the first cause of a failure, its host and its last log lines')
    .action((id, _options, command) => client(command, finish, async (it) => (await overview()).why(it, id ?? 'last')));
  const holds = program.command('holds').description('what rollbacks took back, and no trigger deploys again');
  holds
    .command('list')
    .description('the holds in force')
    .action((_options, command) =>
      client(command, finish, async (it) => (await import('./commands/holds.ts')).listHolds(it)),
    );
  holds
    .command('lift <id>')
    .description('let triggers deploy it again; by id, or all of a workflow by its name')
    .action((id, _options, command) =>
      client(command, finish, async (it) => (await import('./commands/holds.ts')).liftHold(it, id)),
    );
  program
    .command('guards')
    .description('what executions share: who uses how much of it, and who waits')
    .action((_options, command) => client(command, finish, async (it) => (await locks()).listGuards(it)));
  program
    .command('locks')
    .description('the queues of infrastructure: who holds it, and who waits')
    .action((_options, command) => client(command, finish, async (it) => (await locks()).listLocks(it)));
  const agents = program.command('agents').description('who does the work');
  agents
    .command('list')
    .description('all agents, and what they are doing')
    .action((_options, command) => client(command, finish, async (it) => (await overview()).listAgents(it)));
  agents
    .command('token <name>')
    .description('a token with which a new agent joins')
    .action((name, _options, command) =>
      client(command, finish, async (it) => (await overview()).createToken(it, name)),
    );
  program
    .command('doctor')
    .description('check everything this installation needs')
    .action((_options, command) => client(command, finish, async (it) => (await overview()).doctor(it)));
}

function addServerCommands(program: Command, finish: Finish): void {
  program
    .command('start')
    .description('run the control plane, with one agent inside')
    .option('--host <address>', 'where to listen (127.0.0.1)')
    .option('--port <number>', 'on which port')
    .action(async (options, command) => {
      const [{ start }, { globalsOf }] = await Promise.all([import('./commands/start.ts'), import('./context.ts')]);
      finish(await start(globalsOf(command), options));
    });
  // `main.ts` hands its options on before they come here: some have the names of ours.
  program.command('agent').description('run an agent (`fairlead agent --help` for its options)');
  program
    .command('demo')
    .description('a real deployment to four SSH hosts on this machine, from nothing')
    .option('--once', 'end after the summary; exit 0 only if every host serves what it was told')
    .action(async (options, command) => {
      const [{ demo }, { globalsOf }] = await Promise.all([import('./demo/demo.ts'), import('./context.ts')]);
      finish(await demo(globalsOf(command), options));
    });
  program
    .command('login')
    .description('a link that opens the page, once, within five minutes')
    .action((_options, command) => client(command, finish, async (it) => (await overview()).loginLink(it)));
}
