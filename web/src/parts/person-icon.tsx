import type { ReactNode } from 'react';

/** Decoration: whoever shows it says in words that a person is waited for. */
export function PersonIcon({ size = 18 }: { readonly size?: number }): ReactNode {
  return (
    <svg className="icon still" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <circle cx="8" cy="4.6" r="2.9" className="fill" />
      <path d="M2.2 14.4c.3-3.6 2.6-5.6 5.8-5.6s5.5 2 5.8 5.6z" className="fill" />
    </svg>
  );
}
