import { useEffect } from 'react';
import type { Tone } from '../state/status-look.ts';

/** The tab says how it goes: title and icon. Icons are files, so that no policy has to allow data: addresses. */
export function usePageMark(title: string, tone: Tone | null): void {
  useEffect(() => {
    document.title = title;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const href = `/favicon/${tone ?? 'idle'}.svg`;
    if (icon !== null && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  }, [title, tone]);
}
