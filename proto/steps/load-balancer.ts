/** Steps that ask and tell a load balancer. What it is and which of its servers is which host come from the infrastructure. */
import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

const secret = z.object({ secret: z.string() });

/** As HostTarget: the machine from which the load balancer's socket can be reached. */
const gateway = z.object({
  name: z.string(),
  address: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  login: z.object({
    user: z.string().min(1),
    key: secret.exactOptional(),
    passphrase: secret.exactOptional(),
    password: secret.exactOptional(),
  }),
  hostKey: z.string().nullable(),
  variables: z.record(z.string(), z.string()),
});

export const balancer = z.object({
  product: z.string().min(1),
  /** `unix:/path` or `tcp://host:port`; several where each of a group of load balancers has its own. */
  sockets: z.array(text).min(1),
  /** Null: the sockets are reached from the agent itself. */
  over: gateway.nullable().default(null),
  backend: text,
  /** Host → its server in the backend. */
  servers: z.record(z.string(), z.string().min(1)),
});
export type Balancer = z.infer<typeof balancer>;

/** Group → its hosts. */
const groups = z.record(z.string(), z.array(z.string().min(1)).min(1));

export const idleGroupParameters = z.object({ balancer, groups });

export const idleGroup: StepType = {
  type: 'IDLE_GROUP',
  key: 'idle-group',
  title: 'Find Idle Group',
  summary: 'Asks the load balancer which group of hosts is live; publishes live and idle.',
  parameters: idleGroupParameters,
  shortForm: null,
  runs: 'agent',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 60_000,
  onAgent: [],
};

export const swapTrafficParameters = z.object({
  balancer,
  groups,
  /** The group that is to be live; empty: none, as it was before the first deployment. */
  to: text,
  /** How long its servers may take to prove that they are well, before they get any traffic. */
  healthyWithinMs: z.number().int().nonnegative().default(30_000),
  /** How long the connections of the other group may take to end. */
  drainForMs: z.number().int().nonnegative().default(30_000),
});

export const swapTraffic: StepType = {
  type: 'SWAP_TRAFFIC',
  key: 'swap-traffic',
  title: 'Swap Traffic',
  summary: 'Gives the traffic of the load balancer to one group of hosts, and takes it from the others.',
  parameters: swapTrafficParameters,
  shortForm: 'to',
  runs: 'agent',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};

export const balanceParameters = z.object({
  balancer,
  /** `out`: it gets no traffic any more; `in`: it does again, once it is well. */
  traffic: z.enum(['in', 'out']),
  healthyWithinMs: z.number().int().nonnegative().default(30_000),
  drainForMs: z.number().int().nonnegative().default(30_000),
});

export const balance: StepType = {
  type: 'BALANCE',
  key: 'balance',
  title: 'Balance',
  summary: 'Takes each selected host out of the load balancer, or puts it back once it is well.',
  parameters: balanceParameters,
  shortForm: 'traffic',
  runs: 'hosts',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 300_000,
  onAgent: [],
};
