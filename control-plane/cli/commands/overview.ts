/** Commands that look at the whole: why something failed, agents, the doctor. */
import { z } from 'zod';
import { agentView, doctorLine, whySchema } from '../../api/http/schemas.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import { segment } from '../api-client.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, tableOf, timeText } from '../output.ts';
import { styleFor } from '../style.ts';

export async function why(context: Context, id: string): Promise<ExitCode> {
  const result = await context.api.get(`/executions/${segment(id)}/why`, whySchema);
  present(context.format, result, () => {
    const status = STATUSES[result.status].label;
    if (result.cause === null) return `${result.executionId}: ${status}; nothing failed.`;
    const style = styleFor(process.stdout, process.env);
    return [
      `${result.executionId}: ${status}`,
      style.paint('red', `  ${result.cause.code}: ${result.cause.message}`),
      ...(result.where === null ? [] : [`  where: ${result.where}`]),
      ...(result.target === null ? [] : [`  host:  ${result.target}`]),
      ...(result.help === null ? [] : [`  help:  ${result.help}`]),
      ...(result.rollback === null ? [] : [`  after: ${result.rollback}`]),
      ...(result.log.length === 0 ? [] : ['  log:', ...result.log.map((line) => `    ${line}`)]),
      ...(result.logMissing === 0 ? [] : [`  The last ${result.logMissing} bytes of this log have not arrived.`]),
    ].join('\n');
  });
  return EXIT.SUCCESS;
}

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

export async function revokeAgent(context: Context, name: string): Promise<ExitCode> {
  const result = await context.api.delete(`/agents/${segment(name)}`, z.object({ revoked: z.string() }));
  present(context.format, result, () => `${result.revoked} is turned away, and gets nothing any more.`);
  return EXIT.SUCCESS;
}

export async function loginLink(context: Context): Promise<ExitCode> {
  const schema = z.object({ path: z.string(), expiresAt: z.number() });
  const result = await context.api.post('/login-tokens', schema, {});
  const url = new URL(result.path, context.api.connection.url).toString();
  present(context.format, { url, expiresAt: result.expiresAt }, () => url);
  return EXIT.SUCCESS;
}

export async function doctor(context: Context): Promise<ExitCode> {
  const { checks } = await context.api.get('/doctor', z.object({ checks: z.array(doctorLine) }));
  present(context.format, checks, () => {
    const style = styleFor(process.stdout, process.env);
    return checks
      .map((line) => {
        const mark = line.ok ? style.paint('green', '✓') : style.paint('red', '✗');
        // Where nothing is wrong it is what to do next.
        const mend = line.mend === null ? '' : `\n    ${line.mend}`;
        return `${mark} ${line.check}: ${line.detail}${mend}`;
      })
      .join('\n');
  });
  return checks.every((line) => line.ok) ? EXIT.SUCCESS : EXIT.FAILED;
}
