/** Every process a bench starts, by name. */
export const PROGRAMS: Readonly<Record<string, () => Promise<unknown>>> = {
  'control-plane': async () => (await import('./control-plane-program.ts')).serve(),
  agent: async () => (await import('./agent-program.ts')).serve(),
  'baseline-server': async () => (await import('./baseline-programs.ts')).serveAsServer(),
  'baseline-agent': async () => (await import('./baseline-programs.ts')).serveAsAgent(),
  wide: async () => (await import('./wide-program.ts')).serve(),
  store: async () => (await import('./store-program.ts')).serve(),
  ssh: async () => (await import('./ssh-program.ts')).serve(),
  scale: async () => (await import('./scale-program.ts')).serve(),
  agents: async () => (await import('./agents-program.ts')).serve(),
};
