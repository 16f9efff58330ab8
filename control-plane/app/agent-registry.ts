/** Join tokens and enrolled agents (admin 1.4, 1.5). Only hashes are stored; a token enrolls, a credential identifies. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { hex } from '@fairlead/proto/model/hex.ts';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { EnrollRequest } from '../ports/agent-gateway.ts';
import type { Documents } from '../ports/documents.ts';
import type { Digest } from '../ports/digest.ts';

export interface EnrolledAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly enrolledAt: number;
  readonly revoked: boolean;
}

interface TokenBody extends JsonObject {
  readonly name: string;
  readonly sha256: string;
  readonly createdAt: number;
  readonly revoked: boolean;
}

interface AgentBody extends JsonObject {
  readonly name: string;
  readonly credentialSha256: string;
  readonly token: string;
  readonly enrolledAt: number;
  readonly revoked: boolean;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

export class AgentRegistry {
  readonly #documents: Documents;
  readonly #system: System;
  readonly #digest: Digest;
  /** Verified credentials, so that two thousand reconnects do not hash and read two thousand times a second. */
  readonly #names = new Map<AgentId, string>();
  readonly #enrolled = new Set<AgentId>();

  constructor(documents: Documents, system: System, digest: Digest) {
    this.#documents = documents;
    this.#system = system;
    this.#digest = digest;
  }

  /** As far as they are known here: who was not revoked. */
  get enrolled(): Iterable<AgentId> {
    return this.#enrolled;
  }

  nameOf(id: AgentId): string {
    return this.#names.get(id) ?? id;
  }

  async createToken(name: string): Promise<string> {
    if (!NAME.test(name)) {
      const why = `a token's name is made of letters, digits, '.', '_' and '-', at most 63 of them; this is '${name}'`;
      throw new FailureError(failure('INVALID_INPUT', why, { field: 'name' }));
    }
    const token = `fljt_${hex(this.#system.random.bytes(32))}`;
    const sha256 = this.#digest.sha256(token);
    const body: TokenBody = { name, sha256, createdAt: this.#system.clock.now(), revoked: false };
    // Before the token itself: one that is there can be found.
    await this.#documents.insert('tokenHashes', sha256, { name });
    if (!(await this.#documents.insert('tokens', name, body))) {
      throw new FailureError(failure('CONFLICT', `there is a token named '${name}' already`, { field: 'name' }));
    }
    return token;
  }

  async tokens(): Promise<readonly { readonly name: string; readonly createdAt: number; readonly revoked: boolean }[]> {
    const documents = await this.#documents.list('tokens');
    return documents.map(({ body }) => {
      const { name, createdAt, revoked } = body as TokenBody;
      return { name, createdAt, revoked };
    });
  }

  async revokeToken(name: string): Promise<void> {
    await this.#revoke('tokens', name, `there is no token named '${name}'`);
  }

  /** Idempotent by credential: an agent that lost the answer gets the same identity. */
  async enroll(request: EnrollRequest): Promise<{ readonly agentId: AgentId; readonly name: string }> {
    const token = await this.#token(request.token);
    if (token === null || token.revoked) {
      throw new FailureError(failure('UNAUTHENTICATED', 'the join token is unknown or was revoked; ask for a new one'));
    }
    if (!NAME.test(request.name)) {
      throw new FailureError(failure('INVALID_INPUT', `'${request.name}' is no name for an agent`, { field: 'name' }));
    }
    // Derived from the credential, so that the same agent asking again is the same row.
    const agentId = `a${this.#digest.sha256(request.credentialSha256).slice(0, 16)}`;
    const { name, credentialSha256 } = request;
    if (!(await this.#take(name, agentId))) {
      const why = `an agent named '${name}' is enrolled already; choose another name, or revoke that one first`;
      throw new FailureError(failure('CONFLICT', why, { field: 'name' }));
    }
    const enrolledAt = this.#system.clock.now();
    const body: AgentBody = { name, credentialSha256, token: token.name, enrolledAt, revoked: false };
    await this.#documents.insert('agents', agentId, body);
    return { agentId, name };
  }

  /** By its hash: of as many tokens as there are agents nobody reads all. */
  async #token(token: string): Promise<TokenBody | null> {
    const sha256 = this.#digest.sha256(token);
    const found = await this.#documents.get('tokenHashes', sha256);
    if (found === null) return null;
    const name = found.body['name'] as string; // As it was written above.
    const body = (await this.#documents.get('tokens', name))?.body as TokenBody | undefined;
    // The name may be of another: then this one was never given out.
    return body?.sha256 === sha256 ? body : null;
  }

  /** A name is of one agent, until that one is revoked. A document each: of two thousand agents nobody reads all. */
  async #take(name: string, agentId: AgentId): Promise<boolean> {
    for (;;) {
      if (await this.#documents.insert('agentNames', name, { agentId })) return true;
      const taken = await this.#documents.get('agentNames', name);
      if (taken === null) continue;
      const holder = taken.body['agentId'] as AgentId; // As it was written above.
      if (holder === agentId) return true;
      const body = (await this.#documents.get('agents', holder))?.body as AgentBody | undefined;
      if (body !== undefined && !body.revoked) return false;
      if (await this.#documents.replace('agentNames', name, taken.version, { agentId })) return true;
    }
  }

  async authenticate(agentId: AgentId, credential: string): Promise<void> {
    const document = await this.#documents.get('agents', agentId);
    const body = document?.body as AgentBody | undefined;
    if (body === undefined || body.credentialSha256 !== this.#digest.sha256(credential)) {
      throw new FailureError(failure('UNAUTHENTICATED', 'this agent is not enrolled here'));
    }
    if (body.revoked) throw new FailureError(failure('FORBIDDEN', `the agent '${body.name}' was revoked`));
    this.#names.set(agentId, body.name);
    this.#enrolled.add(agentId);
  }

  async agents(): Promise<readonly EnrolledAgent[]> {
    const documents = await this.#documents.list('agents');
    return documents.map(({ id, body }) => {
      const { name, enrolledAt, revoked } = body as AgentBody;
      this.#names.set(id, name);
      if (revoked) this.#enrolled.delete(id);
      else this.#enrolled.add(id);
      return { id, name, enrolledAt, revoked };
    });
  }

  async revokeAgent(name: string): Promise<AgentId> {
    const missing = `there is no agent named '${name}'`;
    const holder = (await this.#documents.get('agentNames', name))?.body['agentId'] as AgentId | undefined;
    const body = holder === undefined ? undefined : (await this.#documents.get('agents', holder))?.body;
    if (holder === undefined || body === undefined || (body as AgentBody).revoked) {
      throw new FailureError(failure('NOT_FOUND', missing));
    }
    await this.#revoke('agents', holder, missing);
    this.#enrolled.delete(holder);
    return holder;
  }

  async #revoke(collection: 'tokens' | 'agents', id: string, missing: string): Promise<void> {
    for (;;) {
      const document = await this.#documents.get(collection, id);
      if (document === null) throw new FailureError(failure('NOT_FOUND', missing));
      const body = { ...document.body, revoked: true };
      if (await this.#documents.replace(collection, id, document.version, body)) return;
    }
  }
}
