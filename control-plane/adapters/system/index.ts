export { realSystem } from '@fairlead/agent/adapters/system.ts';
