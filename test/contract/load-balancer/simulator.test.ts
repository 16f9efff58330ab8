import { describe } from 'vitest';
import { startSimulatedHaproxy } from '../../support/haproxy/simulator.ts';
import { loadBalancerContract } from './load-balancer.contract.ts';

describe('load balancer: simulated HAProxy', () => {
  loadBalancerContract(startSimulatedHaproxy);
});
