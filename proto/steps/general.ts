import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

const outputName = z.string().regex(/^[a-zA-Z0-9_]+$/, 'letters, digits and underscore only');

/** Where a step's values may be read (orchestration 4.8). */
export const publish = z.strictObject({
  name: z.string().min(1),
  scope: z.enum(['PHASE', 'WORKFLOW', 'PIPELINE']).default('WORKFLOW'),
});

export const shellScriptParameters = z.strictObject({
  script: text,
  shell: z.enum(['bash', 'sh']).default('bash'),
  /** On the agent itself, or on each selected host of the phase. */
  on: z.enum(['agent', 'hosts']).default('agent'),
  workingDirectory: text.optional(),
  /** Shell variables read after the script: name → STRING, or SECRET (never shown, never journaled). */
  outputs: z.record(outputName, z.enum(['STRING', 'SECRET'])).default({}),
  publish: publish.optional(),
});
export type ShellScriptParameters = z.infer<typeof shellScriptParameters>;

export const shellScript: StepType = {
  type: 'SHELL_SCRIPT',
  key: 'script',
  title: 'Shell Script',
  summary: 'Runs a script on the agent or on each selected host; its exit status decides.',
  parameters: shellScriptParameters,
  shortForm: 'script',
  runs: 'agent-or-hosts',
  idempotent: false,
  deploys: false,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};

const declared = z.object({ outputs: shellScriptParameters.shape.outputs });

/** The variables that a step with these parameters is to set; none where it is no script. */
export const outputsOfScript = (type: string, parameters: unknown): readonly string[] =>
  type === shellScript.type ? Object.keys(declared.safeParse(parameters).data?.outputs ?? {}) : [];

export const httpParameters = z.strictObject({
  url: text,
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  headers: z.record(z.string(), text).default({}),
  body: text.optional(),
  /** A condition over httpResponseCode, httpResponseBody, httpResponseMethod; empty: any 2xx passes. */
  assert: z.string().optional(),
  /** Values taken from the response: name → expression, evaluated on the agent. */
  variables: z.record(outputName, z.string()).default({}),
  publish: publish.optional(),
  /** Once, or once per selected host when the text names `instance`. Set by the plan. */
  on: z.enum(['agent', 'hosts']).default('agent'),
  /** Keep asking until the assertion holds or this much time has passed; 0 asks once. */
  retryForMs: z.number().int().nonnegative().default(0),
});
export type HttpParameters = z.infer<typeof httpParameters>;

/**
 * May it be asked again when nobody knows whether it was asked? Whoever lets it ask until the answer is right says so;
 * otherwise the methods that do their work once more each time may not.
 */
export const mayAskAgain = ({ method, retryForMs }: Pick<HttpParameters, 'method' | 'retryForMs'>): boolean =>
  retryForMs > 0 || (method !== 'POST' && method !== 'PATCH');

export const http: StepType = {
  type: 'HTTP',
  key: 'http',
  title: 'HTTP',
  summary: 'Asks a URL from the agent and checks the answer.',
  parameters: httpParameters,
  shortForm: 'url',
  runs: 'agent-or-hosts',
  idempotent: true,
  idempotentWith: (parameters) => mayAskAgain(httpParameters.parse(parameters)),
  deploys: false,
  defaultTimeoutMs: 10_000,
  onAgent: ['assert', 'variables'],
};
