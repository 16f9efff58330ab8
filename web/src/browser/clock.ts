/** The browser's clock, corrected to the server's; the one place of the page that reads it. */
import { useContext, useSyncExternalStore } from 'react';
import { MomentContext } from './moment.ts';

let skewMs = 0;

/** From a `Date` header, which has whole seconds: small differences are not differences. */
export function noteServerTime(header: string | null): void {
  const server = header === null ? NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const difference = server + 500 - Date.now();
  skewMs = Math.abs(difference) > 2_000 ? difference : 0;
}

export const now = (): number => Date.now() + skewMs;

const listeners = new Set<() => void>();
let current = now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    current = now();
    timer = setInterval(() => {
      current = now();
      for (const each of listeners) each();
    }, 1_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

const nothing = (): (() => void) => () => undefined;

/** One ticker for every running duration on the page; a duration that has ended does not listen. */
export function useNow(ticking: boolean): number {
  const moment = useContext(MomentContext);
  const time = useSyncExternalStore(ticking && moment === null ? subscribe : nothing, () => current);
  return moment ?? time;
}
