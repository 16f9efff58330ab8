import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { makeProgram } from './program.ts';

const program = makeProgram(
  (code) => {
    process.exitCode = code;
  },
  // Timers and connections of work that goes on at its target, where the next start takes it up, would keep it here.
  (code) => process.exit(code),
);
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
  // What `npm run` needs before options, `npx` hands through. No argument of ours begins with a dash: it says nothing.
  const dashes = process.argv.indexOf('--');
  const [first, ...rest] = process.argv.filter((_, index) => index > 1 && index !== dashes);
  if (first === 'agent') {
    const { agent } = await import('./commands/agent.ts');
    process.exit(await agent(rest));
  } else await program.parseAsync(first === undefined ? [] : [first, ...rest], { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? EXIT.SUCCESS : EXIT.USAGE;
  } else if (error instanceof CliError) {
    for (const line of error.lines) process.stderr.write(`fairlead: ${line}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
