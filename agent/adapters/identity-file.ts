import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

const identity = z.strictObject({
  /** Null until the control plane has answered: with the same credential it may be asked again. */
  agentId: z.string().min(1).nullable(),
  name: z.string().min(1),
  /** Made here; only its hash ever leaves this machine. */
  credential: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Identity = z.infer<typeof identity>;

export async function readIdentity(path: string): Promise<Identity | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = identity.safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  throw new FailureError(
    failure(
      'ILLEGAL_STATE',
      `${path} is damaged: move it away and join again with a token; the agent gets a new identity`,
    ),
  );
}

export async function writeIdentity(path: string, content: Identity): Promise<void> {
  const aside = `${path}.new`;
  const handle = await open(aside, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, path);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
