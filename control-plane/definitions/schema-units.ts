import { z } from 'zod';
import { duration, port, secret, text } from './fields.ts';
import { keyedSchema, type Keyed } from './keyed.ts';

const shell = z.enum(['sh', 'bash']);
const processCheck = { pattern: text.describe('Looked for in the command lines of all processes.'), within: duration };
const portCheck = { port, within: duration };

/** The command units of the catalog, by their keys in the language. `command` runs another command of the service. */
export const UNITS: readonly (Keyed & { readonly unit: string; readonly title: string })[] = [
  {
    key: 'setup-env',
    unit: 'SETUP_ENV',
    title: 'Setup Runtime Paths',
    summary: 'Makes the runtime, backup and staging directories.',
    short: null,
    required: [],
    fields: {},
    bare: true,
  },
  {
    key: 'scp',
    unit: 'SCP',
    title: 'Copy Artifact',
    summary: 'The agent fetches the artifact and copies it to the host.',
    short: 'destination',
    required: [],
    fields: { destination: text },
    bare: true,
  },
  {
    key: 'copy-configs',
    unit: 'COPY_CONFIGS',
    title: 'Copy Configs',
    summary: "Writes the service's configuration files.",
    short: 'destination',
    required: [],
    fields: { destination: text },
    bare: true,
  },
  {
    key: 'download-artifact',
    unit: 'DOWNLOAD_ARTIFACT',
    title: 'Download Artifact',
    summary: 'The host fetches the artifact itself.',
    short: 'destination',
    required: [],
    fields: { destination: text, script: text },
    bare: true,
  },
  {
    key: 'exec',
    unit: 'EXEC',
    title: 'Exec',
    summary: 'Runs a script on the host.',
    short: 'script',
    required: ['script'],
    fields: { script: text, in: text.describe('Working directory; home when left out.'), shell },
  },
  {
    key: 'process-check-running',
    unit: 'PROCESS_CHECK_RUNNING',
    title: 'Process Running',
    summary: 'Waits until a process with this pattern runs.',
    short: 'pattern',
    required: ['pattern'],
    fields: processCheck,
  },
  {
    key: 'process-check-stopped',
    unit: 'PROCESS_CHECK_STOPPED',
    title: 'Process Stopped',
    summary: 'Waits until no process with this pattern runs.',
    short: 'pattern',
    required: ['pattern'],
    fields: processCheck,
  },
  {
    key: 'port-check-listening',
    unit: 'PORT_CHECK_LISTENING',
    title: 'Port Listening',
    summary: 'Waits until something listens on the port of the host.',
    short: 'port',
    required: ['port'],
    fields: portCheck,
  },
  {
    key: 'port-check-cleared',
    unit: 'PORT_CHECK_CLEARED',
    title: 'Port Cleared',
    summary: 'Waits until nothing listens on the port of the host.',
    short: 'port',
    required: ['port'],
    fields: portCheck,
  },
  {
    key: 'docker-start',
    unit: 'DOCKER_START',
    title: 'Docker Start',
    summary: 'Runs a container of the image.',
    short: 'image',
    required: ['image'],
    fields: { image: text, options: text, registry: text, user: text, password: secret },
  },
  {
    key: 'docker-stop',
    unit: 'DOCKER_STOP',
    title: 'Docker Stop',
    summary: 'Stops all containers of the image.',
    short: 'image',
    required: ['image'],
    fields: { image: text },
  },
  {
    key: 'command',
    unit: 'COMMAND',
    title: 'Command',
    summary: 'Runs another command of the service here.',
    short: 'command',
    required: ['command'],
    fields: { command: text },
  },
];

export const UNIT_COMMON = { name: z.string().min(1).max(128).describe('Shown in logs.') };
export const UNIT_COMMON_FIELDS: readonly string[] = Object.keys(UNIT_COMMON);
export const unit = keyedSchema(UNITS, UNIT_COMMON).meta({ id: 'unit' });
