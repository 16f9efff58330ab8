/** Commands that look at the whole: why something failed, the doctor, the way to the page. */
import { z } from 'zod';
import { doctorLine, whySchema } from '../../api/http/schemas.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import { segment } from '../api-client.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present } from '../output.ts';
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
