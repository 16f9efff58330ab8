/** In the terminal of the demo, `down web-4` takes a host away and `up web-4` brings it back. */
import { createInterface } from 'node:readline';
import type { DemoHost } from './demo-hosts.ts';

export function obeyPowerSwitch(hosts: readonly DemoHost[], signal: AbortSignal): void {
  const lines = createInterface({ input: process.stdin });
  signal.addEventListener('abort', () => {
    lines.close();
    process.stdin.destroy();
  });
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  lines.on('line', (line) => {
    const [, word, name] = /^\s*(down|up)\s+(\S+)\s*$/.exec(line) ?? [];
    const host = hosts.find((each) => each.name === name);
    if (word === undefined || host === undefined) {
      if (line.trim() !== '') say(`Type \`down\` or \`up\` and a host: ${hosts.map((each) => each.name).join(', ')}.`);
      return;
    }
    const done = word === 'down' ? host.down() : host.up();
    done.then(
      () => say(word === 'down' ? `${host.name} is down: no SSH, no shop.` : `${host.name} is up; its shop is not.`),
      (error: unknown) => say(`${host.name} cannot: ${error instanceof Error ? error.message : String(error)}`),
    );
  });
}
