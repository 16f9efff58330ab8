/** The commands and their options. What they do is loaded only when one is called: `--help` stays instant. */
import { Command, Option } from 'commander';
import { VERSION } from '../version.ts';
import { clientOf, collect, type Client, type Finish } from './client-command.ts';
import { addExecutionCommands } from './execution-commands.ts';
import { addPipelineCommands } from './pipeline-commands.ts';

const FORMATS = ['table', 'json', 'yaml'];

/** `leave`: ends the process, for whatever ran in it until it was stopped; the rest ends when its answer is written. */
export function makeProgram(finish: Finish, leave: Finish = finish): Command {
  const program = new Command('fairlead')
    .description('Deliver software over SSH; never stuck, never twice.')
    .version(VERSION)
    .option('--server <url>', 'the control plane (FAIRLEAD_SERVER)')
    .option('--key <key>', 'an API key (FAIRLEAD_KEY)')
    .option('--data <dir>', 'data directory (FAIRLEAD_DATA, ~/.fairlead)')
    .addOption(new Option('-o, --output <format>', 'form of the result').choices(FORMATS).default('table'))
    .showHelpAfterError('See `fairlead --help`.');
  const client = clientOf(finish);
  addDefinitionCommands(program, client, finish);
  const executions = addExecutionCommands(program, client);
  addPipelineCommands(program, executions, client);
  addOverviewCommands(program, client);
  addServerCommands(program, client, leave);
  return program;
}

const definitions = () => import('./commands/definitions.ts');
const agents = () => import('./commands/agents.ts');
const overview = () => import('./commands/overview.ts');
const locks = () => import('./commands/locks.ts');

function addDefinitionCommands(program: Command, client: Client, finish: Finish): void {
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
    .action((options, command) => client(command, async (it) => (await definitions()).apply(it, options)));
  program
    .command('explain')
    .description('the canonical form, with every generated default')
    .option('-f, --file <path>', 'file, directory or - (repeatable); otherwise what is stored', collect)
    .action((options, command) => client(command, async (it) => (await definitions()).explain(it, options)));
  program
    .command('get [kind] [name]')
    .description('definitions as they were written (-o yaml can be applied again)')
    .action((kind, name, _options, command) =>
      client(command, async (it) => (await definitions()).get(it, kind, name)),
    );
}

function addOverviewCommands(program: Command, client: Client): void {
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
    .option(
      '--state <state>',
      'running, removed (its host has left), undone (rolled back to nothing) or unsure (broke off)',
    )
    .option('--history', 'everything that was done there, newest first')
    .option('--limit <number>')
    .option('--cursor <text>', 'the page after')
    .action((options, command) =>
      client(command, async (it) => (await import('./commands/status.ts')).status(it, options)),
    );
  program
    .command('why [id]')
    .description('the first cause of a failure, its host and its last log lines')
    .action((id, _options, command) => client(command, async (it) => (await overview()).why(it, id ?? 'last')));
  const holds = program.command('holds').description('what rollbacks took back, and no trigger deploys again');
  holds
    .command('list')
    .description('the holds in force')
    .action((_options, command) => client(command, async (it) => (await import('./commands/holds.ts')).listHolds(it)));
  holds
    .command('lift <id>')
    .description('let triggers deploy it again; by id, or all of a workflow by its name')
    .action((id, _options, command) =>
      client(command, async (it) => (await import('./commands/holds.ts')).liftHold(it, id)),
    );
  program
    .command('queues')
    .description('what executions take turns with: who holds it, who waits, in which place and since when')
    .action((_options, command) => client(command, async (it) => (await locks()).listQueues(it)));
  program
    .command('guards')
    .description('what executions share: who uses how much of it, and who waits')
    .action((_options, command) => client(command, async (it) => (await locks()).listGuards(it)));
  program
    .command('locks')
    .description('the queues of infrastructure: who holds it, and who waits')
    .action((_options, command) => client(command, async (it) => (await locks()).listLocks(it)));
  const work = program.command('agents').description('who does the work');
  work
    .command('list')
    .description('all agents, and what they are doing')
    .action((_options, command) => client(command, async (it) => (await agents()).listAgents(it)));
  work
    .command('token <name>')
    .description('a token with which a new agent joins')
    .action((name, _options, command) => client(command, async (it) => (await agents()).createToken(it, name)));
  work
    .command('tokens')
    .description('the tokens that were made, without their values')
    .action((_options, command) => client(command, async (it) => (await agents()).listTokens(it)));
  work
    .command('revoke-token <name>')
    .description('let no further agent join with a token')
    .action((name, _options, command) => client(command, async (it) => (await agents()).revokeToken(it, name)));
  work
    .command('revoke <name>')
    .description('turn an agent away for good; what it was given becomes unknown, or goes to another')
    .action((name, _options, command) => client(command, async (it) => (await agents()).revokeAgent(it, name)));
  program
    .command('doctor')
    .description('check everything this installation needs')
    .action((_options, command) => client(command, async (it) => (await overview()).doctor(it)));
}

function addServerCommands(program: Command, client: Client, leave: Finish): void {
  program
    .command('start')
    .description('run the control plane, with one agent inside')
    .option('--host <address>', 'where to listen (127.0.0.1)')
    .option('--port <number>', 'on which port')
    .option('--restored <name>', 'the store was put back from a backup: a name for that, its date, say')
    .action(async (options, command) => {
      const [{ start }, { globalsOf }] = await Promise.all([import('./commands/start.ts'), import('./context.ts')]);
      leave(await start(globalsOf(command), options));
    });
  // `main.ts` hands its options on before they come here: some have the names of ours.
  program.command('agent').description('run an agent (`fairlead agent --help` for its options)');
  program
    .command('demo')
    .description('a real deployment to four SSH hosts on this machine, from nothing')
    .option('--once', 'end after the summary; exit 0 only if every host serves what it was told')
    .action(async (options, command) => {
      const [{ demo }, { globalsOf }] = await Promise.all([import('./demo/demo.ts'), import('./context.ts')]);
      leave(await demo(globalsOf(command), options));
    });
  program
    .command('login')
    .description('a link that opens the page, once, within five minutes')
    .action((_options, command) => client(command, async (it) => (await overview()).loginLink(it)));
}
