/** API keys, one-time login links and page sessions. Only hashes are stored. Who was given no rights in particular has all. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { hex } from '@fairlead/proto/model/hex.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Digest } from '../ports/digest.ts';
import type { Documents } from '../ports/documents.ts';
import type { Actor, Right } from './authorize.ts';

const LOGIN_MS = 5 * 60_000;
const SESSION_MS = 12 * 60 * 60_000;

interface KeyBody extends JsonObject {
  readonly kind: 'key' | 'login' | 'session';
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revoked: boolean;
  /** Absent: all of them. */
  readonly rights?: readonly Right[];
  /** Revoked for another value of the same key: the sessions that go back to it stay, until that is revoked, too. */
  readonly replaced?: boolean;
  /** Of a login or a session: the key it goes back to, and ends with. Absent: the control plane itself made it. */
  readonly keyId?: string;
}

const ALL: readonly Right[] = ['*'];

export class Access {
  readonly #documents: Documents;
  readonly #digest: Digest;
  readonly #system: System;

  constructor(documents: Documents, digest: Digest, system: System) {
    this.#documents = documents;
    this.#digest = digest;
    this.#system = system;
  }

  async createKey(
    name: string,
    rights: readonly Right[] = ALL,
  ): Promise<{ readonly name: string; readonly key: string }> {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,62}$/.test(name)) {
      const why = `a key's name is made of letters, digits, spaces, '.', '_' and '-'; this is '${name}'`;
      throw new FailureError(failure('INVALID_INPUT', why, { field: 'name' }));
    }
    const same = (await this.#keys()).find((each) => each.body.name === name && !each.body.revoked);
    if (same !== undefined) {
      throw new FailureError(failure('CONFLICT', `there is a key named '${name}' already`, { field: 'name' }));
    }
    return { name, key: await this.#issue('key', name, null, rights) };
  }

  /** Another value; with the ones before it nothing opens any more, but who has logged in by them stays so. */
  async renewKey(name: string): Promise<{ readonly name: string; readonly key: string }> {
    await this.#revoke((body) => body.name === name && !body.revoked, { replaced: true });
    return this.createKey(name);
  }

  async listKeys(): Promise<readonly { readonly name: string; readonly createdAt: number }[]> {
    const keys = (await this.#keys()).map((each) => each.body).filter((body) => !body.revoked);
    return keys.map(({ name, createdAt }) => ({ name, createdAt }));
  }

  /**
   * Every key of that name: two that were made at the same time may both have got it. The sessions that go back to them
   * end with them, at every control plane.
   */
  async revokeKey(name: string): Promise<void> {
    const stands = (body: KeyBody): boolean => !body.revoked || body.replaced === true;
    if (await this.#revoke((body) => body.name === name && stands(body), { replaced: false })) return;
    throw new FailureError(failure('NOT_FOUND', `there is no key named '${name}'`, { field: 'name' }));
  }

  /** False: there was none. */
  async #revoke(which: (body: KeyBody) => boolean, how: { readonly replaced: boolean }): Promise<boolean> {
    for (let found = false; ; found = true) {
      const open = (await this.#keys()).filter(({ body }) => which(body));
      if (open.length === 0) return found;
      for (const { id, version, body } of open) {
        await this.#documents.replace('keys', id, version, { ...body, revoked: true, ...how });
      }
    }
  }

  async createLogin(actor: Actor): Promise<{ readonly token: string; readonly expiresAt: number }> {
    const expiresAt = this.#system.clock.now() + LOGIN_MS;
    return { token: await this.#issue('login', actor.name, expiresAt, actor.rights, actor.keyId), expiresAt };
  }

  /** Works once. */
  async exchange(token: string): Promise<{ readonly session: string; readonly expiresAt: number }> {
    const id = `login:${this.#digest.sha256(token)}`;
    const document = await this.#documents.get('keys', id);
    const body = document?.body as KeyBody | undefined;
    const spent = document === null || !(await this.#documents.remove('keys', id, document.version));
    if (spent || body === undefined || this.#isOver(body) || !(await this.#stands(body.keyId))) {
      throw new FailureError(
        failure(
          'UNAUTHENTICATED',
          'this login link was used before, has expired, or its key was revoked; make a new one',
        ),
      );
    }
    const expiresAt = this.#system.clock.now() + SESSION_MS;
    return { session: await this.#issue('session', body.name, expiresAt, body.rights ?? ALL, body.keyId), expiresAt };
  }

  async authenticate(credential: string): Promise<Actor> {
    const sha256 = this.#digest.sha256(credential);
    for (const kind of ['key', 'session'] as const) {
      const id = `${kind}:${sha256}`;
      const body = (await this.#documents.get('keys', id))?.body as KeyBody | undefined;
      if (body === undefined || body.revoked || this.#isOver(body) || !(await this.#stands(body.keyId))) continue;
      const { name, rights = ALL } = body;
      const keyId = kind === 'key' ? id : body.keyId;
      return {
        ...{ id: `${kind}:${name}`, name, kind: kind === 'key' ? 'KEY' : 'USER', rights },
        ...(keyId === undefined ? {} : { keyId }),
      };
    }
    throw new FailureError(failure('UNAUTHENTICATED', 'the key or session is unknown, revoked or over'));
  }

  async #stands(keyId: string | undefined): Promise<boolean> {
    if (keyId === undefined) return true;
    const key = (await this.#documents.get('keys', keyId))?.body as KeyBody | undefined;
    return key !== undefined && (!key.revoked || key.replaced === true) && !this.#isOver(key);
  }

  async #keys(): Promise<readonly { readonly id: string; readonly version: number; readonly body: KeyBody }[]> {
    const documents = await this.#documents.list('keys', { prefix: 'key:' });
    return documents.map(({ id, version, body }) => ({ id, version, body: body as KeyBody }));
  }

  async #issue(
    kind: KeyBody['kind'],
    name: string,
    expiresAt: number | null,
    rights: readonly Right[],
    keyId?: string,
  ): Promise<string> {
    const secret = `fl_${hex(this.#system.random.bytes(32))}`;
    const body: KeyBody = {
      ...{ kind, name, createdAt: this.#system.clock.now(), expiresAt, revoked: false, rights },
      ...(keyId === undefined ? {} : { keyId }),
    };
    await this.#documents.insert('keys', `${kind}:${this.#digest.sha256(secret)}`, body);
    return secret;
  }

  #isOver(body: KeyBody): boolean {
    return body.expiresAt !== null && this.#system.clock.now() > body.expiresAt;
  }
}
