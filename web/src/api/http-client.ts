/** Requests to the API of the same origin. Every failure is a RequestFailed that says what a person can do. */
import { noteServerTime } from '../browser/clock.ts';
import { session } from './session.ts';

export interface FieldProblem {
  /** As the route names it: `values.ticket`. */
  readonly field: string;
  readonly reason: string;
  readonly mend: string;
}

export class RequestFailed extends Error {
  /** 0: no answer at all. */
  readonly status: number;
  readonly mends: readonly string[];
  readonly fields: readonly FieldProblem[];
  constructor(status: number, message: string, mends: readonly string[], fields: readonly FieldProblem[] = []) {
    super(message);
    this.name = 'RequestFailed';
    this.status = status;
    this.mends = mends;
    this.fields = fields;
  }
}

export const isLoggedOut = (error: unknown): boolean => error instanceof RequestFailed && error.status === 401;

interface ProblemBody {
  readonly detail?: unknown;
  readonly title?: unknown;
  readonly failures?: readonly { readonly field?: unknown; readonly reason?: unknown; readonly mend?: unknown }[];
}

/** `key`: however often it is sent with the same one, it starts something once. */
export async function request<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  key?: string,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new RequestFailed(0, 'The control plane does not answer.', ['The page tries again by itself.']);
  }
  noteServerTime(response.headers.get('date'));
  session.note(response.status);
  const text = await response.text();
  if (!response.ok) throw problem(response.status, text);
  // The shape is the route's contract; an empty answer is one without content.
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

function problem(status: number, text: string): RequestFailed {
  try {
    // RFC 9457, or whatever a proxy between has to say: every field is checked before use.
    const body = JSON.parse(text) as ProblemBody;
    const message = [body.detail, body.title].find((each) => typeof each === 'string' && each !== '');
    const mends = (body.failures ?? []).flatMap((each) => (typeof each.mend === 'string' ? [each.mend] : []));
    const fields = (body.failures ?? []).flatMap(({ field, reason, mend }) =>
      typeof field === 'string' && typeof reason === 'string'
        ? [{ field, reason, mend: typeof mend === 'string' ? mend : '' }]
        : [],
    );
    if (typeof message === 'string') return new RequestFailed(status, message, [...new Set(mends)], fields);
  } catch {
    // Not ours: said below.
  }
  return new RequestFailed(status, `The request was answered with status ${status}.`, []);
}
