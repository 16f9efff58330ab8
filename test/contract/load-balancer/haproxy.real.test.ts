import { describe } from 'vitest';
import { startHaproxy } from '../../support/haproxy/real.ts';
import { requireReal } from '../../support/real/index.ts';
import { loadBalancerContract } from './load-balancer.contract.ts';

describe('load balancer: HAProxy itself', () => {
  const { path } = requireReal('haproxy');
  loadBalancerContract((options) => startHaproxy(path, options));
});
