/** How a page looks where it is read: wide and narrow, light and dark; nothing may stick out to the side. */
import { expect } from 'vitest';
import type { AtPage } from './page-browser.ts';

export async function looks({ page, picture }: AtPage, name: string): Promise<void> {
  await picture(name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(`${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 420, height: 900 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420);
  await picture(`${name}-narrow`);
  await page.setViewportSize({ width: 1360, height: 860 });
}
