import type { Command } from 'commander';
import { collect, type Client } from './client-command.ts';

const pipelines = () => import('./commands/pipelines.ts');

/** What people answer, and what they start again. */
export function addPipelineCommands(program: Command, group: Command, client: Client): void {
  program
    .command('waiting')
    .description('everything that waits for a person')
    .option('--application <name>')
    .action((options, command) => client(command, async (it) => (await pipelines()).listWaiting(it, options)));
  program
    .command('approve <id>')
    .description('let what waits for an approval go on')
    .option('--step <name>', 'where several wait')
    .option('--comment <text>', 'kept in the journal', '')
    .option('--var <name=value>', 'a value that differs from its default (repeatable)', collect)
    .action((id, options, command) =>
      client(command, async (it) => (await pipelines()).answerApproval(it, id, true, options)),
    );
  program
    .command('reject <id>')
    .description('refuse what waits for an approval')
    .option('--step <name>', 'where several wait')
    .option('--comment <text>', 'kept in the journal', '')
    .option('--rollback', 'roll back whatever the failure strategy says')
    .action((id, options, command) =>
      client(command, async (it) => (await pipelines()).answerApproval(it, id, false, options)),
    );
  group
    .command('inputs <id>')
    .description('give a stage the inputs it asks for')
    .option('--run <name>', 'where several ask')
    .option('--var <name=value>', 'an input (repeatable)', collect)
    .action((id, options, command) => client(command, async (it) => (await pipelines()).giveInputs(it, id, options)));
  group
    .command('continue <id>')
    .description('go on with a pipeline that did not succeed, in a new execution that takes over what did')
    .option('--from <stage>', 'the first that runs again; otherwise the one that failed')
    .option('--wait', 'stay until it has ended')
    .action((id, options, command) =>
      client(command, async (it) => (await pipelines()).resumePipeline(it, id, options)),
    );
  group
    .command('rerun <id>')
    .description('start the same once more: same inputs, builds and answers')
    .option('--skip-same-version', 'leave out hosts that have the build already')
    .option('--wait', 'stay until it has ended')
    .action((id, options, command) => client(command, async (it) => (await pipelines()).rerun(it, id, options)));
}
