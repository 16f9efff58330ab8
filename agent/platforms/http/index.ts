import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { LateText } from '@fairlead/proto/model/task.ts';
import { http, httpParameters, mayAskAgain, type HttpParameters } from '@fairlead/proto/steps/general.ts';
import type { Attempt, Platform } from '../platform.ts';
import { instanceValue } from '../shell/instance-value.ts';
import { pause } from '../shell/run-unit.ts';
import { stoppedResult, stopReason } from '../shell/stop-reason.ts';
import { answerScope, judge, takeVariables, type Answer } from './answer.ts';
import { readText, request } from './request.ts';

/** The most of an answer that is read, and the most of it that is published. */
const BODY_BYTES = 1_048_576;
const PUBLISHED_BYTES = 65_536;
/** One try, when the step may try for longer. */
const TRY_MS = 10_000;
const BETWEEN_MS = 1_000;
const INTENT = 'http:intent';
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The HTTP step: asks a URL from the agent and checks the answer. */
export const createHttpPlatform = (): Platform => ({
  name: 'http',
  types: [http.type],
  run: async (attempt) => {
    const parsed = httpParameters.safeParse(attempt.task.parameters);
    if (!parsed.success) {
      return failed(
        failure('INVALID_INPUT', `bad parameters of an HTTP step: ${z.prettifyError(parsed.error)}`),
        false,
      );
    }
    try {
      return await ask(attempt, parsed.data);
    } catch (error) {
      if (error instanceof FailureError) return failed(error.failures[0], false);
      throw error;
    }
  },
  close: () => Promise.resolve(),
});

async function ask(attempt: Attempt, parameters: HttpParameters): Promise<AttemptResult> {
  const { system, signal, task, log } = attempt;
  const fill = (late: unknown): Promise<string> =>
    attempt.text(late as LateText, (path) => (task.target === null ? undefined : instanceValue(task.target, path)));
  const url = await fill(parameters.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters.headers)) headers[name] = await fill(value);
  const body = parameters.body === undefined ? undefined : await fill(parameters.body);
  const within = await answerScope(attempt);
  const mask = (text: string): string => attempt.mask(text);
  const touches = !READS.has(parameters.method);
  if (attempt.recorded.some(({ name }) => name === INTENT) && !mayAskAgain(parameters)) {
    const why = `${parameters.method} ${url}: it was sent before the agent was restarted, and nobody heard the answer`;
    return failed(failure('OUTCOME_UNKNOWN', why), true);
  }
  if (touches) await attempt.record(INTENT, { method: parameters.method });
  const until = system.clock.monotonic() + parameters.retryForMs;
  for (let tries = 1; ; tries += 1) {
    const left = Math.max(until - system.clock.monotonic(), 0);
    const outcome = await once(
      { url, method: parameters.method, headers, ...(body === undefined ? {} : { body }) },
      attempt,
      left > 0,
    );
    const isUnheard = 'failure' in outcome && outcome.sent && !mayAskAgain(parameters);
    if (signal.aborted) {
      const isOpen = isUnheard && stopReason(attempt).kind === 'timeout';
      return stoppedResult(attempt, touches, !isOpen, isOpen ? url : 'the agent');
    }
    let problem: Failure;
    if ('answer' in outcome) {
      const { answer } = outcome;
      log.info(
        `${answer.method} ${url}: ${answer.code} (${Buffer.byteLength(answer.body)} bytes${outcome.cut ? ', cut' : ''})`,
      );
      const names = within(answer);
      const wrong = judge(parameters.assert, answer, names, { url, mask });
      if (wrong === null) {
        const { values, failures } = takeVariables(parameters.variables, names);
        const [first] = failures;
        if (first !== undefined) return failed(first, touches, published(answer, mask));
        return { outcome: 'SUCCESS', outputs: { ...published(answer, mask), ...values }, touched: touches };
      }
      if (wrong.code === 'EXPRESSION') return failed(wrong, touches, published(answer, mask));
      problem = wrong;
      if (left <= 0) return failed(problem, touches, published(answer, mask));
    } else {
      problem = outcome.failure;
      if (problem.code === 'INVALID_INPUT') return failed(problem, false);
      if (left <= 0) return failed(isUnheard ? unheard(problem) : problem, touches);
    }
    if (tries === 1) log.info(`${problem.message}; asking again for up to ${parameters.retryForMs} ms.`);
    await pause(Math.min(BETWEEN_MS, left), system, signal);
    if (signal.aborted) return stoppedResult(attempt, touches, true, 'the agent');
  }
}

async function once(
  wanted: { url: string; method: string; headers: Record<string, string>; body?: string },
  attempt: Attempt,
  more: boolean,
): Promise<{ answer: Answer; cut: boolean } | { failure: Failure; sent: boolean }> {
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  attempt.signal.addEventListener('abort', stop, { once: true });
  const ms = more ? Math.min(TRY_MS, attempt.task.timeoutMs) : attempt.task.timeoutMs;
  const timer = attempt.system.scheduler.after(ms, () => limit.abort());
  let answered = false;
  try {
    const response = await request({ ...wanted, signal: limit.signal, idleTimeoutMs: ms });
    answered = true;
    const { text, cut } = await readText(response.body, BODY_BYTES);
    return { answer: { code: response.status, method: wanted.method, body: text }, cut };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const [first] = error.failures;
    const sent = answered || first.details?.['sent'] === true;
    return limit.signal.aborted
      ? { failure: failure('UNREACHABLE', `${wanted.method} ${wanted.url}: no answer in ${ms} ms`), sent }
      : { failure: first, sent };
  } finally {
    timer.cancel();
    attempt.signal.removeEventListener('abort', stop);
  }
}

/** Whoever was asked may have done it: a strategy that retries does not ask for it twice. */
const unheard = (problem: Failure): Failure => ({
  ...problem,
  message: `${problem.message}; it was sent, and may have been carried out`,
  details: { ...problem.details, confirmed: false },
});

const published = (
  answer: Answer,
  mask: (text: string) => string,
): { httpResponseCode: string; httpResponseMethod: string; httpResponseBody: string } => ({
  httpResponseCode: String(answer.code),
  httpResponseMethod: answer.method,
  httpResponseBody: Buffer.from(mask(answer.body)).subarray(0, PUBLISHED_BYTES).toString('utf8'),
});

const failed = (problem: Failure, touched: boolean, outputs?: AttemptResult['outputs']): AttemptResult => ({
  outcome: 'FAILED',
  failure: problem,
  touched,
  ...(outputs === undefined ? {} : { outputs }),
});
