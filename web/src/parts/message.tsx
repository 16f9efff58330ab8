import type { ReactNode } from 'react';
import { Link } from '../router.tsx';
import { isLoggedOut, RequestFailed } from '../api/http-client.ts';

interface MessageProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** The middle of a page that has nothing else to show. */
export function Message({ title, children }: MessageProps): ReactNode {
  return (
    <div className="message">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function ErrorMessage({ error }: { readonly error: Error }): ReactNode {
  if (isLoggedOut(error)) {
    return (
      <Message title="You are not logged in">
        <p>This page needs a session. A link to log in works once, for five minutes. A new one comes from:</p>
        <pre className="command">fairlead login</pre>
      </Message>
    );
  }
  return (
    <Message title={error.message}>
      {error instanceof RequestFailed && error.mends.map((mend) => <p key={mend}>{mend}</p>)}
      <p>
        <Link to="/">All executions</Link>
      </p>
    </Message>
  );
}
