/** Why something was not done, in the words of the page. */
import { RequestFailed } from '../api/http-client.ts';

export interface Refusal {
  readonly title: string;
  readonly mends: readonly string[];
  /** Name of the field → what is wrong with it. */
  readonly fields: ReadonlyMap<string, string>;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

/** `below`: what the fields of the form are called in the request, `values` for `values.ticket`. */
export function refusalOf(error: unknown, below = ''): Refusal {
  if (!(error instanceof RequestFailed)) {
    return { title: error instanceof Error ? error.message : String(error), mends: [], fields: NO_FIELDS };
  }
  const prefix = `${below}.`;
  const fields = new Map(
    error.fields.flatMap(({ field, reason, mend }) =>
      field.startsWith(prefix) ? [[field.slice(prefix.length), mend === '' ? reason : `${reason}. ${mend}`]] : [],
    ),
  );
  const told = fields.size > 0 && fields.size === error.fields.length;
  return {
    title: told ? 'Not taken: look at the marked fields.' : titleOf(error),
    mends: mendsOf(error, told),
    fields,
  };
}

function titleOf({ status, message }: RequestFailed): string {
  if (status === 0) return 'The control plane does not answer.';
  if (status === 401) return 'You are not logged in any more.';
  if (status === 403) return `You may not do this: ${message}`;
  if (status === 404) return `It is not there any more: ${message}`;
  if (status === 409) return `Not taken: ${message}`;
  return status >= 500 ? `The control plane could not do it: ${message}` : message;
}

function mendsOf({ status, message, mends }: RequestFailed, told: boolean): readonly string[] {
  if (told) return [];
  // It may have been taken and only the answer was lost.
  if (status === 0)
    return ['Whether it was taken shows here as soon as there is a connection. What you wrote is still in the form.'];
  if (status === 401)
    return [
      'Open a new link from `fairlead login` in another tab, then try again here. What you wrote is still in the form.',
    ];
  return mends.filter((mend) => !message.includes(mend));
}
