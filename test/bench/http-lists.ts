/** The list of executions as a page or a script asks for it: a control plane as the product starts it, over HTTP. */
import { readConfig } from '../../control-plane/config.ts';
import { startControlPlane, SYSTEM } from '../../control-plane/main.ts';
import type { ExecutionFilter } from '../../control-plane/ports/rows.ts';

export interface HttpDoor {
  readonly url: string;
  readonly key: string;
}

/** On what `directory` holds; no agents, and no log but of what goes wrong. */
export async function serveHttp(directory: string): Promise<HttpDoor & { close(): Promise<void> }> {
  const settings = {
    FAIRLEAD_DATA: directory,
    FAIRLEAD_HTTP_PORT: '0',
    FAIRLEAD_AGENT_PORT: '0',
    FAIRLEAD_EMBEDDED_AGENT: 'false',
    FAIRLEAD_LOG_LEVEL: 'error',
  };
  const { url, useCases, close } = await startControlPlane(readConfig(settings), null);
  const { key } = await useCases.createApiKey(SYSTEM, 'bench', ['*']);
  return { url, key, close };
}

/** Pages of one walk through the list, from the start again when it has ended. Milliseconds each, answer read. */
export async function pagesOverHttp(
  { url, key }: HttpDoor,
  filter: ExecutionFilter,
  count: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < count; page += 1) {
    const began = performance.now();
    const query = queryOf(filter, cursor);
    const answer = await fetch(`${url}/api/v1/executions?${query}`, { headers: { authorization: `Bearer ${key}` } });
    // The answer of our own control plane, by its schema.
    const body = (await answer.json()) as { readonly next: string | null };
    times.push(performance.now() - began);
    if (!answer.ok) throw new Error(`${query}: ${answer.status} ${JSON.stringify(body)}`);
    cursor = body.next;
  }
  return times;
}

function queryOf({ statuses, text, ...rest }: ExecutionFilter, cursor: string | null): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) query.set(name, String(value));
  if (statuses !== undefined) query.set('status', statuses.join(','));
  if (text !== undefined) query.set('find', text);
  if (cursor !== null) query.set('cursor', cursor);
  return query.toString();
}
