/** What opens the control plane to people and programs: API keys, login links, sessions. */
import type { Access } from './access.ts';
import { mayGive, type Actor, type Right } from './authorize.ts';
import type { Gate } from './steering.ts';

export interface Credentials {
  /** Without rights it has those of who makes it. */
  createApiKey(
    actor: Actor,
    name: string,
    rights?: readonly Right[],
  ): Promise<{ readonly name: string; readonly key: string }>;
  /** Another value for it, made when there is none; who has logged in by the one before stays so. It has every right. */
  renewApiKey(actor: Actor, name: string): Promise<{ readonly name: string; readonly key: string }>;
  listApiKeys(actor: Actor): Promise<readonly { readonly name: string; readonly createdAt: number }[]>;
  /** Ends the sessions that were made with it, too. */
  revokeApiKey(actor: Actor, name: string): Promise<void>;
  /** A one-time token for the page, good for five minutes; exchanged for a session. */
  createLoginToken(actor: Actor): Promise<{ readonly token: string; readonly expiresAt: number }>;
  exchangeLoginToken(token: string): Promise<{ readonly session: string; readonly expiresAt: number }>;
  /** Who an API key or session belongs to; UNAUTHENTICATED otherwise. */
  authenticate(credential: string): Promise<Actor>;
}

interface CredentialsWorld {
  readonly gate: Gate;
  readonly access: Access;
}

export function credentials({ gate, access }: CredentialsWorld): Credentials {
  return {
    async createApiKey(actor, name, rights = actor.rights) {
      gate(actor, 'administer', 'keys');
      mayGive(actor, rights);
      return access.createKey(name, rights);
    },
    async renewApiKey(actor, name) {
      gate(actor, 'administer', 'keys');
      mayGive(actor, ['*']);
      return access.renewKey(name);
    },
    async listApiKeys(actor) {
      gate(actor, 'administer', 'keys');
      return access.listKeys();
    },
    async revokeApiKey(actor, name) {
      gate(actor, 'administer', 'keys');
      await access.revokeKey(name);
    },
    async createLoginToken(actor) {
      gate(actor, 'read', 'the page');
      return access.createLogin(actor);
    },
    exchangeLoginToken: (token) => access.exchange(token),
    authenticate: (credential) => access.authenticate(credential),
  };
}
