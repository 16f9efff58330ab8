import type { ReactNode } from 'react';
import { Link, type Route } from '../router.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { ConnectionBanner } from './connection-banner.tsx';

export function Shell({ here, children }: { readonly here: Route['page']; readonly children: ReactNode }): ReactNode {
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <div>
        <header className="topbar">
          <Link to="/" className="brand">
            <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
              <circle cx="12" cy="12" r="8.5" className="brand-ring" />
              <path d="M1 16.5C6 16.5 7.5 12 12 12s6-4.5 11-4.5" className="brand-line" />
            </svg>
            Fairlead
          </Link>
          <nav aria-label="Pages">
            <Link to="/" current={here === 'list'}>
              Executions
            </Link>
            <Link to="/instances" current={here === 'instances'}>
              What runs where
            </Link>
            <Link to="/queues" current={here === 'queues'}>
              Queues
            </Link>
          </nav>
          <ConnectionBadge />
        </header>
        <ConnectionBanner />
      </div>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
