import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RequestFailed } from './api/http-client.ts';
import { App } from './app.tsx';
import { LiveProvider } from './live/live-context.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/list.css';
import './styles/execution.css';
import './styles/tree.css';
import './styles/inspector.css';
import './styles/pipeline.css';
import './styles/history.css';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays one; only silence and trouble at the server are worth asking again.
      retry: (count, error) =>
        count < 3 && (!(error instanceof RequestFailed) || error.status === 0 || error.status >= 500),
      staleTime: 2_000,
    },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LiveProvider>
        <App />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
);
