/**
 * The shapes the API answers with, as schemas: OpenAPI is made of them, and the compiler holds them to the types the
 * use cases return (both ways: `satisfies` here, the handlers' results in the routes).
 */
import { FAILURE_CODES } from '@fairlead/proto/model/failure.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import type {
  ExecutionHeader,
  ExecutionListRow,
  ExecutionView,
  JournalView,
  Moment,
  NodeView,
} from '@fairlead/proto/live.ts';
import { STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { z } from 'zod';
import { stageView } from './stage-schema.ts';
import { time, waitingView } from './waiting-schema.ts';
import { INSTANCE_STATES } from '../../app/use-cases.ts';
import type { Hold } from '../../app/holds.ts';
import type { AgentView, Deployment, DoctorLine, Instance, Replay, Why } from '../../app/use-cases.ts';

export const failureCode = z.enum(FAILURE_CODES).meta({ id: 'FailureCode' });
export const status = z.enum(STATUS_NAMES).meta({ id: 'Status' });
// Any JSON: zod's own recursive `z.json()` has mutable types; what is sent was JSON before it came here.
const json = z.unknown() as z.ZodType<Json>;
const jsonObject = z.looseObject({}) as z.ZodType<JsonObject>;

const failureFields = {
  code: failureCode,
  message: z.string(),
  field: z.exactOptional(z.string()),
  details: z.exactOptional(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()])),
  ),
};
export const failureSchema = z.object(failureFields).meta({ id: 'Failure' }) satisfies z.ZodType<Failure>;

export const nodeView = z
  .object({
    id: z.string(),
    parent: z.string().nullable(),
    kind: z.enum(['run', 'phase', 'section', 'step', 'task', 'attempt']),
    order: z.number(),
    name: z.string(),
    status: status.nullable(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    rollback: z.boolean(),
    target: z.string().nullable(),
    agent: z.string().nullable(),
    failure: failureSchema.nullable(),
    note: z.string().nullable(),
    until: z.number().exactOptional(),
    choices: z.array(z.string()).readonly().exactOptional(),
    outputs: jsonObject.nullable(),
    attemptId: z.string().nullable(),
  })
  .meta({ id: 'Node' }) satisfies z.ZodType<NodeView>;

export const executionHeader = z
  .object({
    executionId: z.string(),
    application: z.string(),
    name: z.string(),
    kind: z.enum(['WORKFLOW', 'PIPELINE']),
    status,
    settled: z.boolean(),
    parked: z.string().nullable(),
    environment: z.string().nullable(),
    actor: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    revision: z.int(),
    artifacts: z
      .array(z.object({ service: z.string(), build: z.string(), previous: z.string().nullable() }))
      .readonly(),
    failure: z.object({ ...failureFields, node: z.string(), target: z.string().nullable() }).nullable(),
    rollback: z.enum(['RUNNING', 'SUCCESS', 'PARTIAL', 'FAILED', 'NOTHING']).nullable(),
    rolledBack: z
      .object({ of: z.string().nullable(), actor: z.string().nullable(), reason: z.string(), at: time })
      .nullable(),
    unconfirmed: z.array(z.object({ target: z.string(), attemptId: z.string(), why: z.string() })).readonly(),
    progress: z.object({ done: z.int(), total: z.int() }),
    waiting: z.string().nullable(),
    people: z.array(waitingView).readonly().describe('What waits for a person.'),
    stages: z.array(stageView).readonly().describe('Of a pipeline.'),
    resumes: z
      .object({ chain: z.string(), from: z.string(), stage: z.string() })
      .nullable()
      .describe('The pipeline execution that this one goes on with.'),
  })
  .meta({ id: 'ExecutionHeader' }) satisfies z.ZodType<ExecutionHeader>;

export const executionView = z
  .object({ seq: z.int(), header: executionHeader, nodes: z.array(nodeView).readonly() })
  .meta({ id: 'Execution' }) satisfies z.ZodType<ExecutionView>;

export const executionListRow = z
  .object({
    executionId: z.string(),
    seq: z.int(),
    application: z.string(),
    name: z.string(),
    kind: z.enum(['WORKFLOW', 'PIPELINE']),
    status,
    environment: z.string().nullable(),
    startedAt: time,
    endedAt: time.nullable(),
    actor: z.string(),
    summary: jsonObject,
  })
  .meta({ id: 'ExecutionRow' }) satisfies z.ZodType<ExecutionListRow>;

export const journalView = z
  .object({
    seq: z.int(),
    epoch: z.int(),
    now: time,
    decisions: z.array(z.object({ input: json, events: z.array(json).readonly() })).readonly(),
  })
  .meta({ id: 'JournalRecord' }) satisfies z.ZodType<JournalView>;

export const replaySchema = z
  .object({
    executionId: z.string(),
    records: z.int(),
    events: z.int(),
    stateMatches: z.boolean(),
    differences: z.array(z.object({ seq: z.int(), input: z.string(), reason: z.string() })).readonly(),
  })
  .meta({ id: 'Replay' }) satisfies z.ZodType<Replay>;

export const whySchema = z
  .object({
    executionId: z.string(),
    status,
    cause: failureSchema.nullable(),
    where: z.string().nullable(),
    target: z.string().nullable(),
    attemptId: z.string().nullable(),
    log: z.array(z.string()).readonly(),
    logMissing: z.int().default(0),
    help: z.string().nullable(),
    rollback: z.string().nullable(),
  })
  .meta({ id: 'Why' }) satisfies z.ZodType<Why>;

export const moment = z
  .object({
    seq: z.int(),
    at: time,
    input: z.string(),
    actor: z.string().nullable(),
    node: z.string().nullable(),
    events: z.array(z.object({ event: z.string(), node: z.string().nullable(), text: z.string() })).readonly(),
  })
  .meta({ id: 'Moment' }) satisfies z.ZodType<Moment>;

const duration = z.number().nullable().describe('Milliseconds; null: not ended.');
const diffSide = z.object({
  executionId: z.string(),
  application: z.string(),
  name: z.string(),
  kind: z.enum(['WORKFLOW', 'PIPELINE']),
  status,
  actor: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  durationMs: duration,
  revision: z.int(),
});
const ofBoth = { a: z.string().nullable(), b: z.string().nullable() };
const valueDiffs = z.array(z.object({ name: z.string(), ...ofBoth })).readonly();
const stepSide = z.object({ status, durationMs: duration, attempts: z.int() }).nullable();
const parting = z
  .object({
    seq: z.int(),
    at: time,
    input: z.string(),
    actor: z.string().nullable(),
    event: z.string(),
    node: z.string().nullable(),
    text: z.string(),
  })
  .nullable();
const names = z.array(z.string()).readonly();
export const executionDiff = z
  .object({
    a: diffSide,
    b: diffSide,
    definition: z
      .array(
        z.object({
          kind: z.string(),
          name: z.string(),
          change: z.enum(['CHANGED', 'ONLY_A', 'ONLY_B']),
          paths: z.array(z.object({ path: z.string(), ...ofBoth })).readonly(),
        }),
      )
      .readonly(),
    artifacts: valueDiffs,
    variables: valueDiffs,
    hosts: z.array(z.object({ phase: z.string(), onlyA: names, onlyB: names })).readonly(),
    outputs: valueDiffs,
    steps: z.array(z.object({ node: z.string(), name: z.string(), a: stepSide, b: stepSide })).readonly(),
    decisions: z.object({ where: z.string().nullable(), a: parting, b: parting }).nullable(),
  })
  .meta({ id: 'ExecutionDiff' }) satisfies z.ZodType<ExecutionDiff>;

const instanceFields = {
  id: z.string(),
  at: time,
  seq: z.int(),
  application: z.string(),
  service: z.string(),
  environment: z.string(),
  infrastructure: z.string(),
  host: z.string(),
  build: z.string(),
  executionId: z.string(),
  details: jsonObject,
};
export const instanceRow = z
  .object({ ...instanceFields, state: z.enum(INSTANCE_STATES), note: z.string().nullable() })
  .meta({ id: 'Instance' }) satisfies z.ZodType<Instance>;
export const deploymentRow = z
  .object({
    ...instanceFields,
    action: z.enum(['DEPLOYED', 'ROLLED_BACK', 'REMOVED', 'BROKE_OFF', 'SWAPPED_IN', 'SWAPPED_OUT']),
  })
  .meta({ id: 'Deployment' }) satisfies z.ZodType<Deployment>;

export const agentView = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['CONNECTED', 'DISCONNECTED', 'DRAINING', 'REVOKED']),
    hostname: z.string().nullable(),
    version: z.string().nullable(),
    selectors: z.array(z.string()).readonly(),
    capabilities: z.array(z.string()).readonly(),
    running: z.int(),
    waiting: z.int(),
    capacity: z.int(),
    lastHeartbeatAt: time.nullable(),
  })
  .meta({ id: 'Agent' }) satisfies z.ZodType<AgentView>;

export const holdSchema = z
  .object({
    id: z.string(),
    application: z.string(),
    workflow: z.string(),
    environment: z.string().nullable(),
    infrastructure: z.string().nullable(),
    service: z.string().nullable(),
    executionId: z.string(),
    actor: z.string().nullable(),
    reason: z.string(),
    at: time,
  })
  .meta({ id: 'Hold' }) satisfies z.ZodType<Hold>;
export const doctorLine = z
  .object({ check: z.string(), ok: z.boolean(), detail: z.string(), mend: z.string().nullable() })
  .meta({ id: 'DoctorLine' }) satisfies z.ZodType<DoctorLine>;

export const definitionItem = jsonObject;
export const timeSchema = time;
