/** The language people write, for what exists so far. Short and long forms are both in it. */
import { z } from 'zod';
import {
  description,
  duration,
  name,
  nonEmpty,
  port,
  scalar,
  secret,
  text,
  variableName,
  variableValues,
} from './fields.ts';
import { unit } from './schema-units.ts';
import { provisioner } from './provisioner.ts';
import { pipeline } from './schema-pipeline.ts';
import { workflow } from './schema-workflow.ts';

export const ARTIFACT_TYPES = ['tar', 'zip', 'jar', 'war', 'rpm', 'other', 'docker'] as const;
export type ArtifactType = (typeof ARTIFACT_TYPES)[number];
export const SERVICE_TYPES = ARTIFACT_TYPES.map((each) => `ssh/${each}` as const);

const script = z.union([
  z.string().min(1, 'the script is empty | Write the command.'),
  z.strictObject({
    script: z.string().min(1, 'the script is empty | Write the command.'),
    in: text.optional(),
    shell: z.enum(['sh', 'bash']).optional(),
  }),
]);

const match = text.describe('A regular expression over file names, with a group (?<build>…).');
const artifact = z
  .union([
    z.strictObject({ directory: text, match }),
    z.strictObject({ http: text, match, headers: z.record(z.string(), scalar).optional() }),
    z.strictObject({ script: text }),
  ])
  .describe('Where builds come from: a directory the agent sees, an HTTP listing, or a script.');

const configFile = z.union([
  z.string(),
  z.strictObject({
    content: z.string(),
    path: text.optional().describe('Below the runtime path; the name when left out.'),
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/, "this is no file mode | Write it quoted: '0644'.")
      .optional(),
  }),
]);
const configFiles = z.record(
  z.string().regex(/^[^/\0]+(\/[^/\0]+)*$/, 'this is no file name | Write a name below the runtime path.'),
  configFile,
);
export type AuthoredConfigFiles = z.infer<typeof configFiles>;

export const service = z.strictObject({
  description: description.optional(),
  type: z.enum(SERVICE_TYPES, {
    error: (issue) => {
      const kind = String(issue.input).split('/')[0] ?? '';
      const later = ['kubernetes', 'helm', 'winrm', 'ecs', 'ami', 'lambda', 'codedeploy', 'tanzu', 'azure', 'custom'];
      return later.includes(kind)
        ? `${kind} is not available yet: ssh is | Write ssh/ and one of ${ARTIFACT_TYPES.join(', ')}.`
        : undefined;
    },
  }),
  artifact: artifact.optional(),
  variables: variableValues.optional(),
  start: script.optional().describe('Starts the service; part of Install.'),
  stop: script.optional().describe('Stops the service; part of Install. It may find nothing running.'),
  ready: z.strictObject({ port, within: duration.optional() }).optional().describe('When it counts as started.'),
  commands: z
    .record(name, z.array(unit))
    .optional()
    .describe('Commands of your own; Install, Start and Stop replace the generated ones.'),
  configFiles: configFiles.optional(),
  keep: z
    .number()
    .int('releases are counted in whole numbers | Write 1 or more.')
    .min(1, 'the release that runs always stays | Write 1 or more.')
    .max(100, 'at most a hundred releases are kept | Write 100 or less.')
    .optional()
    .describe(
      'How many good releases keep their backup and staging directories and their archives on the hosts; 3 when left out. The one before the one that runs always stays, for a rollback.',
    ),
});
export type AuthoredService = z.infer<typeof service>;

const hostName = z
  .string()
  .min(1, 'the name is empty | Write the name of the host.')
  .max(253, 'host names have at most 253 characters | Choose a shorter name.')
  .regex(
    /^[^\s/@#$]+$/,
    'a host name has no space and none of / @ # $ | Write the plain name, and address: if it differs.',
  );
const socket = z
  .string()
  .regex(
    /^((unix:(\/\/)?)?\/\S+|(tcp:\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s/:[\]]+):\d{1,5})$/,
    'this is no socket | Write unix:/run/haproxy/admin.sock or tcp://host:port.',
  );
const directory = z
  .string()
  .regex(
    /^(\/|~\/|\$HOME\/|\$\{HOME\}\/)[^\n]*[^/\n]$/,
    'this is no absolute path | Start it with / or $HOME/, without a / at the end.',
  );

export const host = z.union([
  hostName,
  z.strictObject({
    name: hostName,
    address: text.optional(),
    port: z
      .number()
      .int()
      .min(1, 'ports start at 1 | Write 1 to 65535.')
      .max(65_535, 'ports end at 65535 | Write 1 to 65535.')
      .optional(),
    hostKey: text.optional().describe('SHA256:… or a public key line; otherwise the first one seen is remembered.'),
    variables: z.record(variableName, scalar).optional().describe('Values of this host: ${instance.variables.NAME}.'),
  }),
]);

const loadBalancer = z
  .strictObject({
    haproxy: z
      .union([socket, nonEmpty(socket)])
      .describe('Its runtime socket: unix:/path or tcp://host:port; of several load balancers, each one.'),
    backend: text.describe('Name of the backend.'),
    over: host
      .optional()
      .describe('The machine whose sockets they are, reached by SSH; the agent itself when left out.'),
    servers: z.record(hostName, text).optional().describe('Hosts whose servers in the backend have other names.'),
  })
  .describe('What gives the hosts their traffic.');

const outputName = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, 'this is no name of an output | Write letters, digits and _, starting with a letter.');

const infrastructure = z.strictObject({
  description: description.optional(),
  type: z.literal('ssh').optional(),
  hosts: nonEmpty(host).optional().describe('The machines; or hostsFrom, where a provisioner makes them.'),
  hostsFrom: z
    .union([
      name,
      z.strictObject({
        provisioner: name,
        output: outputName.optional().describe('Which of its outputs lists the hosts; `hosts` when left out.'),
      }),
    ])
    .optional()
    .describe('The provisioner that makes the hosts: a workflow runs it before its phases.'),
  groups: z
    .record(name, nonEmpty(hostName))
    .optional()
    .describe('Blue/Green: two groups of its hosts, of which the load balancer serves one.'),
  loadBalancer: loadBalancer.optional(),
  directories: z
    .strictObject({
      live: directory.describe('A link to the directory that is served.'),
      stage: directory.describe('A link to the directory that the next version is put into.'),
    })
    .optional()
    .describe('Blue/Green on one set of hosts: two links that change places.'),
  login: z.strictObject({
    user: z.string().min(1, 'the user is empty | Write the name of the account.'),
    key: secret.optional(),
    passphrase: secret.optional(),
    password: secret.optional(),
  }),
  agents: z
    .union([text, nonEmpty(text)])
    .optional()
    .describe('Selectors its agents must carry, all of them.'),
  services: nonEmpty(name).optional().describe('Only for these services.'),
});
export type AuthoredInfrastructure = z.infer<typeof infrastructure>;

const environment = z.strictObject({
  description: description.optional(),
  type: z.enum(['production', 'non-production']).optional(),
  variables: variableValues.optional().describe('For all services here.'),
  configFiles: configFiles.optional(),
  overrides: z
    .record(name, z.strictObject({ variables: variableValues.optional(), configFiles: configFiles.optional() }))
    .optional()
    .describe('By service: what wins over its own values here.'),
  infrastructure: z.record(name, infrastructure).optional(),
});
export type AuthoredEnvironment = z.infer<typeof environment>;

const application = z.union([
  name,
  z.strictObject({ name, description: description.optional(), defaults: z.record(variableName, scalar).optional() }),
]);

const capacity = z
  .number()
  .int('a capacity is a whole number | Write 1 or more.')
  .min(1, 'nothing would ever fit | Write 1 or more.')
  .max(1_000_000, 'at most a million permits | Write less.');
const guard = z
  .union([
    capacity,
    z.strictObject({
      description: description.optional(),
      capacity: capacity.describe('How many permits are in use at most, for each unit.'),
      strategy: z
        .enum(['fifo', 'asap'])
        .optional()
        .describe('fifo: in the order of asking. asap: the first that fits what is free.'),
    }),
  ])
  .meta({ id: 'guard' });

export const document = z.strictObject({
  fairlead: z.literal('v1').describe('Version of the language.'),
  application: application
    .optional()
    .describe('What everything else in the file belongs to, guards and defaults apart.'),
  guards: z.record(name, guard).optional().describe('Of the whole account: what executions share, and how much of it.'),
  defaults: variableValues.optional().describe('Of the whole account: ${account.defaults.NAME}.'),
  services: z.record(name, service).optional(),
  environments: z.record(name, environment).optional(),
  workflows: z.record(name, workflow).optional(),
  pipelines: z.record(name, pipeline).optional(),
  provisioners: z.record(name, provisioner).optional(),
});
export type AuthoredDocument = z.infer<typeof document>;
