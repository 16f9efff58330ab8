export { makeDirectory } from '@fairlead/agent/adapters/make-directory.ts';
export { realSystem } from '@fairlead/agent/adapters/system.ts';
