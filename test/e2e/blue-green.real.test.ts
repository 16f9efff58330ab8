import { describe } from 'vitest';
import { startHaproxy } from '../support/haproxy/real.ts';
import { requireReal } from '../support/real/index.ts';
import { blueGreenScenario } from './blue-green-scenario.ts';

describe('blue/green over SSH, behind HAProxy itself', () => {
  const { path } = requireReal('haproxy');
  blueGreenScenario((options) => startHaproxy(path, options));
});
