import { readdir, readFile } from 'node:fs/promises';

/** The living members of a process group, by the host's own view; zombies are dead. */
export async function livingIn(group: number): Promise<readonly number[]> {
  const living: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    if (pgrp === String(group) && state !== 'Z' && state !== 'X') living.push(Number(name));
  }
  return living;
}
