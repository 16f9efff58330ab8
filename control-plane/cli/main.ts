import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { makeProgram } from './program.ts';

const program = makeProgram((code) => {
  process.exitCode = code;
});
program.exitOverride();
for (const command of [program, ...program.commands]) {
  command.exitOverride();
  for (const inner of command.commands) inner.exitOverride();
}

// `fairlead … | head` ends the reader first; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  const [, , first, ...rest] = process.argv;
  if (first === 'agent') {
    const { agent } = await import('./commands/agent.ts');
    process.exitCode = await agent(rest);
  } else await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.SUCCESS : EXIT.USAGE;
  } else if (error instanceof CliError) {
    for (const line of error.lines) process.stderr.write(`fairlead: ${line}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
