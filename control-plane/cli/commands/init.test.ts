import { expect, it } from 'vitest';
import { applyFiles } from '../../definitions/change-set.ts';
import { definitionText, init } from './init.ts';

let made = 0;
const newId = (): string => `id${(made += 1)}`;

const answers = {
  hosts: ['deploy@web-1', 'deploy@10.0.0.2:2222', 'deploy@[fd00::1]:22'],
  sshKey: '/keys/deploy',
  application: 'shop',
  service: 'web.app'.replace('.', '-'),
  artifacts: '/srv/builds',
  start: 'bin/start',
  stop: 'bin/stop',
  port: '8080',
};

it.each([
  ['one login', answers],
  ['two logins', { ...answers, hosts: ['deploy@web-1', 'root@web-2'] }],
])('writes what can be applied: %s', (_, given) => {
  const text = definitionText(given);
  const applied = applyFiles(null, [{ name: 'fairlead.yaml', text }], { newId });
  expect('problems' in applied ? applied.problems : []).toEqual([]);
  expect(text).toContain('secret:file:/keys/deploy');
});

it('leaves out no host: of several logins, each deployment says where it goes', () => {
  const given = { ...answers, hosts: ['deploy@web-1', 'root@web-2'] };
  expect(definitionText(given)).toContain('infrastructure: ${Infrastructure}');
  expect(definitionText(answers)).not.toContain('Infrastructure');
});

it('says that it cannot write where it was told to', async () => {
  const options = { host: ['deploy@web-1'], artifacts: '/srv/builds', out: '/nowhere/there/fairlead.yaml' };
  await expect(init(options)).rejects.toThrow('--out /nowhere/there/fairlead.yaml: cannot be written');
});
