import { expect, it } from 'vitest';
import { createMemoryData, createMemoryStore } from '../../test/support/memory-store/index.ts';
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

it('ends the sessions that go back to a key with it, at every control plane', async () => {
  const [data, system] = [createMemoryData(), new VirtualSystem(1)];
  const open = () => new Access(createMemoryStore({ data }).documents, { sha256: (text) => text }, system);
  const [here, there] = [open(), open()];
  const logIn = async (credential: string) => {
    const { token } = await here.createLogin(await here.authenticate(credential));
    return (await here.exchange(token)).session;
  };
  const [first, second] = await Promise.all([here.createKey('ci'), here.createKey('ci')]);
  const other = await here.createKey('other');
  const sessions = [await logIn(first.key), await logIn(second.key)];
  sessions.push(await logIn(sessions[0] ?? ''));
  const spared = await logIn(other.key);
  const unused = await here.createLogin(await here.authenticate(first.key));
  for (const session of sessions) expect(await there.authenticate(session)).toMatchObject({ name: 'ci', kind: 'USER' });
  await here.revokeKey('ci');
  const again = await here.createKey('ci');
  for (const session of sessions) {
    for (const access of [here, there]) await expect(access.authenticate(session)).rejects.toThrow('revoked or over');
  }
  await expect(there.exchange(unused.token)).rejects.toThrow('its key was revoked');
  expect(await there.authenticate(spared)).toMatchObject({ name: 'other', kind: 'USER' });
  expect(await there.authenticate(await logIn(again.key))).toMatchObject({ name: 'ci', kind: 'USER' });
  const { token } = await here.createLogin({ id: 'system', name: 'system', kind: 'SYSTEM', rights: ['*'] });
  expect(await there.authenticate((await here.exchange(token)).session)).toMatchObject({ name: 'system' });
});

it('keeps who has logged in when the key gets another value, until that is revoked', async () => {
  const access = new Access(createMemoryStore().documents, { sha256: (text) => text }, new VirtualSystem(1));
  const logIn = async (credential: string) => {
    const { token } = await access.createLogin(await access.authenticate(credential));
    return (await access.exchange(token)).session;
  };
  const first = await access.renewKey('local');
  const session = await logIn(first.key);
  const second = await access.renewKey('local');
  await expect(access.authenticate(first.key)).rejects.toThrow('unknown, revoked or over');
  expect(await access.authenticate(second.key)).toMatchObject({ name: 'local', kind: 'KEY' });
  expect(await access.authenticate(session)).toMatchObject({ name: 'local', kind: 'USER' });
  expect(await access.listKeys()).toHaveLength(1);
  await access.revokeKey('local');
  await expect(access.authenticate(session)).rejects.toThrow('unknown, revoked or over');
  expect(await access.listKeys()).toEqual([]);
});
