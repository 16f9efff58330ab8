import { LocalBus } from '@fairlead/control-plane/adapters/local/bus.ts';
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import { busContract } from './contract.ts';

busContract('the local bus', () => {
  const bus = new LocalBus(realSystem.scheduler);
  return Promise.resolve({ bus, other: bus, end: () => bus.close() });
});
