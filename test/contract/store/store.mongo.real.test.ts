import { expect, it } from 'vitest';
import { realServer } from '../../support/real/index.ts';
import { freshMongo } from './mongo-under-test.ts';
import { storeContract } from './store.contract.ts';

const server = realServer('mongod');

if (server.present) storeContract('MongoDB', { fresh: () => freshMongo(server.url, 'at once') });
else {
  it(`has no mongod here (${server.why}), so mongo-java-server stands for it`, () => {
    expect(realServer('mongo-java').present).toBe(true);
  });
}
