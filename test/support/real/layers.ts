/** The folders of the design as layers, and which may know which: dependencies point one way. */
const MAY_IMPORT = {
  proto: ['proto'],
  engine: ['proto', 'engine'],
  definitions: ['proto', 'engine', 'definitions'],
  ports: ['proto', 'engine', 'definitions', 'ports'],
  app: ['proto', 'engine', 'definitions', 'ports', 'app'],
  // One process holds an agent too, and lends it the same clock.
  adapters: ['proto', 'engine', 'definitions', 'ports', 'app', 'adapters', 'agent'],
  api: ['proto', 'engine', 'definitions', 'ports', 'app', 'api'],
  // main, configuration, lifecycle and the command line: where everything is wired, and nobody looks in.
  main: ['proto', 'engine', 'definitions', 'ports', 'app', 'adapters', 'api', 'main', 'agent'],
  agent: ['proto', 'agent'],
  web: ['proto', 'web'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Layer = keyof typeof MAY_IMPORT;

/** Null for what is no part of the product: tests, build, examples. */
export function layerOf(file: string): Layer | null {
  const [top = '', folder = '', ...rest] = file.split('/');
  if (top === 'proto' || top === 'agent' || top === 'web') return top;
  if (top !== 'control-plane') return null;
  if (rest.length === 0) return 'main';
  switch (folder) {
    case 'engine':
    case 'definitions':
    case 'ports':
    case 'app':
    case 'adapters':
    case 'api':
      return folder;
    default:
      return 'main';
  }
}

export const mayImport = (from: Layer, to: Layer): boolean => (MAY_IMPORT[from] as readonly Layer[]).includes(to);
