import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { Access } from './access.ts';

it('opens nothing with any key of a name that was revoked, also where two got it at the same time', async () => {
  const { documents } = createMemoryStore();
  const access = new Access(documents, { sha256: (text) => text }, new VirtualSystem(1));
  const keys = await Promise.all([access.createKey('ci'), access.createKey('ci')]);
  const other = await access.createKey('other');
  await access.revokeKey('ci');
  for (const { key } of keys) await expect(access.authenticate(key)).rejects.toThrow('unknown, revoked or over');
  expect(await access.authenticate(other.key)).toMatchObject({ name: 'other' });
  expect((await access.listKeys()).map(({ name }) => name)).toEqual(['other']);
  await expect(access.revokeKey('ci')).rejects.toThrow("there is no key named 'ci'");
});
