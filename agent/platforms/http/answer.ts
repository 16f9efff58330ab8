import {
  describeLate,
  evaluateCondition,
  lateReferencesIn,
  resolveTemplate,
  runtime,
  scope,
  type Layer,
  type Scope,
  type ScopeValue,
} from '@fairlead/proto/expressions/index.ts';
import { supplyLate } from '@fairlead/proto/expressions/index.ts';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { Attempt } from '../platform.ts';
import { instanceValue } from '../shell/instance-value.ts';

export interface Answer {
  readonly code: number;
  readonly method: string;
  readonly body: string;
}

/**
 * The names an assertion sees: the answer first, then what the plan sent along, its late parts filled in. What cannot be
 * filled in here stays late: it is told to whoever asks for it, and harms nobody else.
 */
export async function answerScope(attempt: Attempt): Promise<(answer: Answer) => Scope> {
  const secrets = new Map<string, string>();
  const { target, context } = attempt.task;
  for (const layer of context.layers) {
    for (const name of secretsIn(layer)) {
      if (secrets.has(name)) continue;
      try {
        secrets.set(name, await attempt.secret(name));
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
      }
    }
  }
  const filled = (layer: Layer): Layer =>
    Object.fromEntries(
      Object.entries(layer).map(([name, value]): [string, ScopeValue] => {
        if (value.kind === 'family') return [name, { ...value, members: filled(value.members) }];
        const supplied = supplyLate({ [name]: value }, (reference) => {
          if (reference.late === 'secret') return secrets.get(reference.name);
          return reference.late === 'instance' && target !== null ? instanceValue(target, reference.path) : undefined;
        });
        return [name, (supplied.ok ? supplied.value[name] : undefined) ?? value];
      }),
    );
  const layers = context.layers.map(filled);
  return ({ code, method, body }) =>
    scope([
      { httpResponseCode: runtime(code), httpResponseMethod: runtime(method), httpResponseBody: runtime(body) },
      ...layers,
    ]);
}

function* secretsIn(layer: Layer): Generator<string> {
  for (const value of Object.values(layer) as readonly ScopeValue[]) {
    if (value.kind === 'family') yield* secretsIn(value.members);
    else if (value.kind === 'late') {
      for (const reference of lateReferencesIn(value.text)) if (reference.late === 'secret') yield reference.name;
    }
  }
}

/** Null when the answer is as asked for; without an assertion, any 2xx is. */
export function judge(
  assertion: string | undefined,
  answer: Answer,
  within: Scope,
  { url, mask }: { readonly url: string; readonly mask: (text: string) => string },
): Failure | null {
  const shown = `${answer.method} ${url} answered ${answer.code}${excerpt(mask(answer.body))}`;
  const details = { code: answer.code };
  if (assertion === undefined || assertion.trim() === '') {
    if (answer.code >= 200 && answer.code < 300) return null;
    return failure('ASSERTION_FAILED', `${shown}, which is not 2xx`, { details });
  }
  const holds = evaluateCondition(assertion, within, { field: 'assert' });
  if (!holds.ok) {
    const [first] = holds.failures;
    return failure('EXPRESSION', `the assertion cannot be evaluated: ${first?.message ?? ''}; ${shown}`, {
      field: 'assert',
    });
  }
  if (holds.value) return null;
  return failure('ASSERTION_FAILED', `the assertion ${assertion} does not hold: ${shown}`, {
    details: { ...details, assertion },
  });
}

/** Values taken from the answer. All that cannot be evaluated is told at once. */
export function takeVariables(
  wanted: Readonly<Record<string, string>>,
  within: Scope,
): { readonly values: Record<string, Json>; readonly failures: readonly Failure[] } {
  const values: Record<string, Json> = {};
  const failures: Failure[] = [];
  for (const [name, written] of Object.entries(wanted)) {
    const field = `variables.${name}`;
    const resolved = resolveTemplate(written.includes('${') ? written : `\${${written}}`, within, { field });
    if (!resolved.ok) failures.push(...resolved.failures);
    else if (typeof resolved.value === 'string') values[name] = resolved.value;
    else {
      const unknown = lateReferencesIn(resolved.value).map(describeLate).join(', ');
      failures.push(failure('EXPRESSION', `${unknown} is not known here`, { field }));
    }
  }
  return { values, failures };
}

function excerpt(body: string): string {
  const text = body.trim().replaceAll(/\s+/g, ' ');
  if (text === '') return ' with an empty body';
  return ` with '${text.slice(0, 200)}${text.length > 200 ? '…' : ''}'`;
}
