import type { ReactNode } from 'react';
import { DiffPage } from './pages/diff-page.tsx';
import { ExecutionPage } from './pages/execution-page.tsx';
import { ExecutionsPage } from './pages/executions-page.tsx';
import { InstancesPage } from './pages/instances-page.tsx';
import { QueuesPage } from './pages/queues-page.tsx';
import { Message } from './parts/message.tsx';
import { Shell } from './parts/shell.tsx';
import { Link, type Route, useRoute } from './router.tsx';

export function App(): ReactNode {
  const route = useRoute();
  return <Shell here={route.page}>{pageOf(route)}</Shell>;
}

function pageOf(route: Route): ReactNode {
  switch (route.page) {
    case 'list':
      return <ExecutionsPage query={route.query} />;
    case 'execution':
      return <ExecutionPage key={route.executionId} executionId={route.executionId} query={route.query} />;
    case 'diff':
      return <DiffPage a={route.a} b={route.b} />;
    case 'instances':
      return <InstancesPage query={route.query} />;
    case 'queues':
      return <QueuesPage query={route.query} />;
    case 'unknown':
      return (
        <Message title="There is no such page">
          <p>
            Nothing is at <code>{route.path}</code>. <Link to="/">All executions</Link>
          </p>
        </Message>
      );
  }
}
