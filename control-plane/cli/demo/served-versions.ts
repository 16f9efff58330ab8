/** What the shops themselves say, asked over HTTP: the demo believes nobody else. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { System } from '@fairlead/proto/model/system.ts';

export interface App {
  readonly version: string;
  readonly status: number;
  readonly pid: number;
  readonly directory: string;
}

/** Null when nobody answers there, or not our shop. */
export async function appAt(port: number): Promise<App | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) });
    await response.text();
    const version = response.headers.get('x-bookstore-version');
    const directory = response.headers.get('x-bookstore-directory');
    const pid = Number(response.headers.get('x-bookstore-pid'));
    if (version === null || directory === null || !Number.isSafeInteger(pid) || pid <= 1) return null;
    return { version, status: response.status, pid, directory: decodeURIComponent(directory) };
  } catch {
    return null;
  }
}

/** Does it run below this host's directory? */
export const belongsTo = (app: App, home: string): boolean =>
  !path.relative(realpathSync(home), app.directory).startsWith('..');

/** Ends the shop of a host, if it is ours; waits until it no longer answers. */
export async function stopApp(port: number, home: string, system: Pick<System, 'scheduler'>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const app = await appAt(port);
    if (app === null || !belongsTo(app, home)) return;
    try {
      process.kill(app.pid, attempt < 30 ? 'SIGTERM' : 'SIGKILL');
    } catch {
      // Gone in between.
    }
    await system.scheduler.sleep(50);
  }
}
