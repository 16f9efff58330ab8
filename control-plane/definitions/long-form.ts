/**
 * The long form: what every short form means, written out, and nothing generated. It is the language itself (the schema
 * accepts it unchanged), it is what is stored, and printing and reading it again gives the same.
 */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { ACTION_WORDS, AFTER_WORDS } from './schema-strategy.ts';
import type { ArtifactType } from './schema.ts';

export interface LongApplication {
  readonly description?: string;
  /** RUNTIME_PATH, BACKUP_PATH and STAGING_PATH among them. */
  readonly defaults?: Values;
}

export type Values = Readonly<Record<string, string>>;
export type ServiceType = `ssh/${ArtifactType}`;

export interface LongService {
  readonly description?: string;
  readonly type: ServiceType;
  readonly artifact?: LongArtifact;
  readonly variables?: Values;
  readonly start?: LongScript;
  readonly stop?: LongScript;
  readonly ready?: { readonly port: number | string; readonly within?: string };
  readonly commands?: Readonly<Record<string, readonly LongUnit[]>>;
  readonly configFiles?: LongConfigFiles;
  readonly keep?: number;
}

export type LongArtifact =
  | { readonly directory: string; readonly match: string }
  | { readonly http: string; readonly match: string; readonly headers?: Values }
  | { readonly script: string };

export interface LongScript {
  readonly script: string;
  readonly in?: string;
  readonly shell?: 'sh' | 'bash';
}

/** `{ exec: { script: … }, name: … }`: read it with `readUnit`. */
export type LongUnit = JsonObject;

export type LongConfigFiles = Readonly<
  Record<string, { readonly content: string; readonly path?: string; readonly mode?: string }>
>;

export interface LongEnvironment {
  readonly description?: string;
  readonly type?: 'production' | 'non-production';
  readonly variables?: Values;
  readonly configFiles?: LongConfigFiles;
  /** By service. */
  readonly overrides?: Readonly<Record<string, LongOverride>>;
}

export interface LongOverride {
  readonly variables?: Values;
  readonly configFiles?: LongConfigFiles;
}

export interface LongLoadBalancer {
  readonly haproxy: readonly string[];
  readonly backend: string;
  readonly over?: LongHost;
  readonly servers?: Values;
}

export interface LongInfrastructure {
  readonly description?: string;
  readonly type?: 'ssh';
  /** Absent where a provisioner makes them. */
  readonly hosts?: readonly LongHost[];
  readonly hostsFrom?: { readonly provisioner: string; readonly output?: string };
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly loadBalancer?: LongLoadBalancer;
  readonly directories?: { readonly live: string; readonly stage: string };
  readonly login: {
    readonly user: string;
    readonly key?: string;
    readonly passphrase?: string;
    readonly password?: string;
  };
  readonly agents?: readonly string[];
  readonly services?: readonly string[];
}

export interface LongHost {
  readonly name: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostKey?: string;
  readonly variables?: Values;
}

/** What executions share across the account, and how much of it there is. */
export interface LongGuard {
  readonly description?: string;
  readonly capacity: number;
  /** `fifo` when left out. */
  readonly strategy?: 'fifo' | 'asap';
}

/** What a phase says, or the workflow itself where its type has one phase. */
interface PhaseFields {
  readonly service?: string;
  readonly infrastructure?: string;
  readonly serviceVariables?: Values;
  /** Blue/Green: what changes places; traffic when it is left out. */
  readonly swap?: 'traffic' | 'directories';
  /** `3`, `25%`, an expression, or names. */
  readonly hosts?: string | readonly string[];
  readonly verify?: readonly LongStep[];
  readonly sections?: Readonly<Record<string, LongSection>>;
  readonly rollback?: Readonly<Record<string, LongSection>>;
}

export interface LongPhase extends PhaseFields {
  readonly name?: string;
}

export interface LongWorkflow extends PhaseFields {
  readonly description?: string;
  readonly type: 'basic' | 'rolling' | 'canary' | 'blue-green' | 'multi-service' | 'build';
  readonly draft?: boolean;
  readonly environment?: string;
  readonly inputs?: Readonly<Record<string, LongInput>>;
  readonly batch?: string;
  readonly phases?: readonly LongPhase[];
  readonly collect?: readonly string[];
  readonly before?: LongSection;
  readonly after?: LongSection;
  readonly onFailure?: readonly LongStrategy[];
  readonly concurrency?: {
    readonly lock: 'none' | 'infrastructure';
    readonly queue?: number;
    readonly timeout?: string;
  };
}

export interface LongInput {
  readonly type?: 'text' | 'number' | 'email' | 'service' | 'environment' | 'infrastructure';
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly values?: readonly string[];
  readonly pattern?: string;
  readonly fixed?: boolean;
  readonly of?: string;
}

export interface LongSection {
  /** Absent: the generated ones. */
  readonly steps?: readonly LongStep[];
  readonly parallel?: boolean;
  /** Of all steps, or of some, each with its condition. */
  readonly skip?: string | readonly { readonly when: string; readonly steps: readonly string[] }[];
  readonly wait?: string;
  readonly onFailure?: readonly LongStrategy[];
}

/** `{ http: { url: … }, name: … }`: read it with `readStep`. */
export type LongStep = JsonObject;

export interface LongStrategy {
  readonly on: readonly string[];
  readonly do: (typeof ACTION_WORDS)[number];
  readonly retry?: number;
  readonly every?: readonly string[];
  /** `5%` or `2`. */
  readonly tolerate?: string;
  readonly timeout?: string;
  readonly then?: (typeof AFTER_WORDS)[number];
  readonly scope?: 'workflow' | 'phase';
  readonly steps?: readonly string[];
}
