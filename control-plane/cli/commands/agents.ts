/** Who does the work, and with what others may join. */
import { z } from 'zod';
import { agentView } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';

export async function listAgents(context: Context): Promise<ExitCode> {
  const { agents } = await context.api.get('/agents', z.object({ agents: z.array(agentView) }));
  present(context.format, agents, () => {
    const rows = agents.map((agent) => [
      agent.name,
      agent.status.toLowerCase(),
      agent.hostname,
      agent.version,
      agent.selectors.join(','),
      `${agent.running}/${agent.capacity}`,
      timeText(agent.lastHeartbeatAt),
    ]);
    const heads = ['AGENT', 'STATUS', 'HOST', 'VERSION', 'SELECTORS', 'TASKS', 'LAST HEARD'];
    return tableOf(
      heads,
      rows,
      'No agents. Make a token with `fairlead agents token NAME`, then run `fairlead agent`.',
    );
  });
  return EXIT.SUCCESS;
}

export async function createToken(context: Context, name: string): Promise<ExitCode> {
  const result = await context.api.post('/tokens', z.object({ name: z.string(), token: z.string() }), { name });
  present(context.format, result, () => `Join token ${result.name}, shown this once:\n${result.token}`);
  return EXIT.SUCCESS;
}

export async function listTokens(context: Context): Promise<ExitCode> {
  const token = z.object({ name: z.string(), createdAt: z.number(), revoked: z.boolean() });
  const { tokens } = await context.api.get('/tokens', z.object({ tokens: z.array(token) }));
  present(context.format, tokens, () =>
    tableOf(
      ['TOKEN', 'MADE', ''],
      tokens.map(({ name, createdAt, revoked }) => [name, timeText(createdAt), revoked ? 'revoked' : '']),
      'No tokens. `fairlead agents token NAME` makes one.',
    ),
  );
  return EXIT.SUCCESS;
}

export async function revokeToken(context: Context, name: string): Promise<ExitCode> {
  const result = await context.api.delete(`/tokens/${segment(name)}`, z.object({ revoked: z.string() }));
  present(context.format, result, () => `No agent joins with ${result.revoked} any more; those that did stay.`);
  return EXIT.SUCCESS;
}

export async function revokeAgent(context: Context, name: string): Promise<ExitCode> {
  const result = await context.api.delete(`/agents/${segment(name)}`, z.object({ revoked: z.string() }));
  present(context.format, result, () => `${result.revoked} is turned away, and gets nothing any more.`);
  return EXIT.SUCCESS;
}
