import { z } from 'zod';
import { holdSchema } from '../../api/http/schemas.ts';
import { usage } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present } from '../output.ts';
import { pairs } from '../pairs.ts';
import { startOnce } from '../start-once.ts';
import { waitFor } from '../wait.ts';
import { holdLine } from './holds.ts';

export interface DeployOptions {
  readonly var?: readonly string[];
  readonly artifact?: readonly string[];
  readonly hosts?: string;
  readonly skipSameVersion?: boolean;
  readonly application?: string;
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
}

const started = z.object({ executionId: z.string(), created: z.boolean(), holds: z.array(holdSchema) });

export async function deploy(context: Context, name: string | undefined, options: DeployOptions): Promise<ExitCode> {
  const problems: string[] = [];
  const variables = pairs('--var', options.var ?? [], problems);
  const artifacts = pairs('--artifact', options.artifact ?? [], problems);
  if (problems.length > 0) throw usage(...problems);
  const body = {
    ...(options.application === undefined ? {} : { application: options.application }),
    ...(name === undefined ? {} : { name }),
    variables,
    artifacts,
    ...(options.hosts === undefined ? {} : { hosts: listed(options.hosts) }),
    ...(options.skipSameVersion === true ? { skipSameVersion: true } : {}),
  };
  const result = await startOnce(context, '/executions', started, body, options.idempotencyKey);
  for (const hold of result.holds) process.stderr.write(`${holdLine(hold)}\n`);
  if (options.wait === true) return waitFor(context, result.executionId);
  present(context.format, result, () =>
    result.created
      ? `Started ${result.executionId}. Watch it with \`fairlead executions watch ${result.executionId}\`.`
      : `${result.executionId} was started before with the same idempotency key.`,
  );
  return EXIT.SUCCESS;
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
