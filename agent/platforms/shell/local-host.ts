import type { LateText } from '@fairlead/proto/model/task.ts';
import type { Attempt } from '../platform.ts';
import { scriptEnvironment } from './environment.ts';
import type { Host } from './host.ts';
import { instanceValue } from './instance-value.ts';
import { localTransport } from './local-transport.ts';
import { quote } from './quote.ts';

/** The agent's own machine. `instance` still means the host the step is about, when it is about one. */
export async function localHost(attempt: Attempt, claims: string): Promise<Host> {
  const { target } = attempt.task;
  // The catalog's schema checked the shape; its type says less than LateText.
  const text = (late: unknown): Promise<string> =>
    attempt.text(late as LateText, (path) => (target === null ? undefined : instanceValue(target, path)));
  const transport = localTransport();
  const environment = await scriptEnvironment(attempt, text, 'agent');
  return { name: transport.name, transport, claims: quote(claims), text, ...environment };
}
