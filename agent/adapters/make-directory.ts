import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes the directory and those above it that are missing, or says where that cannot be done and why. Node's own way of it
 * (`recursive`) never ends where a directory is there and refuses new ones as if it were not, as everything below /proc does.
 */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  const missing: string[] = [];
  let above = resolve(directory);
  while ((await kindOf(above)) === 'missing') {
    missing.push(above);
    above = dirname(above);
  }
  if ((await kindOf(above)) === 'other') throw new Error(`${above} is no directory`);
  for (const each of missing.reverse()) {
    await mkdir(each, { mode }).catch(async (cause: unknown) => {
      // Somebody else may have made it meanwhile.
      if ((await kindOf(each)) === 'directory') return;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`nothing can be made in ${dirname(each)} (${reason})`, { cause });
    });
  }
}

async function kindOf(path: string): Promise<'directory' | 'other' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // Below a file there is nothing either: what is above it says that it is one.
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    throw error;
  }
}
