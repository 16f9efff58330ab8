import { STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { expect, it } from 'vitest';
import { isStatusGroup, STATUS_GROUPS, statusesOf, toneOf, TONES } from './status-look.ts';

it('gives every status a look and one group', () => {
  for (const status of STATUS_NAMES) {
    expect(TONES).toContain(toneOf(status));
    const groups = Object.values(STATUS_GROUPS).filter((group) => group.includes(status));
    expect(groups).toHaveLength(1);
  }
});

it('asks for a group by the names of its statuses', () => {
  expect(statusesOf('failed')).toEqual(['REJECTED', 'EXPIRED', 'FAILED', 'ABORTED']);
  expect([isStatusGroup('failed'), isStatusGroup('toString'), isStatusGroup(null)]).toEqual([true, false, false]);
});

it('has an icon of the tab for every look', () => {
  const files = Object.keys(import.meta.glob('../../public/favicon/*.svg', { query: '?url' }));
  const names = files.map((file) => file.replace(/^.*\//, '').replace('.svg', ''));
  expect(names.sort()).toEqual([...TONES, 'idle'].sort());
});
