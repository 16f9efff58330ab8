import type { Algorithms } from 'ssh2';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { fingerprint, keyType, pinned, pinnedType, type HostKeys } from './host-keys.ts';

type ServerHostKey = NonNullable<Algorithms['serverHostKey']> & string[];

/** Types of host keys, each with what it may sign with; the first that both ends know is shown. As ssh2 has them. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/**
 * Whether a host is the one it should be. It shows one key of those it has, and a fingerprint does not say of which type its
 * key is: the host is asked, in another connection each, until it shows the right one or has no other.
 */
export class HostKeyCheck {
  readonly #target: HostTarget;
  readonly #where: string;
  readonly #hostKeys: HostKeys;
  readonly #expected: string | null;
  readonly #pinnedType: string | null;
  /** Not the right ones: type and fingerprint. */
  readonly #shown = new Map<string, string>();
  #unkept: string | null = null;

  /** Throws when the pin is none. */
  constructor(target: HostTarget, where: string, hostKeys: HostKeys) {
    const { hostKey: pin, address, port } = target;
    this.#target = target;
    this.#where = where;
    this.#hostKeys = hostKeys;
    this.#expected = pin === null ? hostKeys.remembered(address, port) : pinned(pin);
    this.#pinnedType = pin === null ? null : pinnedType(pin);
    if (pin !== null && this.#expected === null) {
      const why = `the host key pinned for ${target.name} is neither a SHA256:… fingerprint nor a public key line`;
      throw new FailureError(failure('HOST_KEY_MISMATCH', why));
    }
  }

  /** What the host is asked for; undefined: whatever it prefers. */
  get algorithms(): ServerHostKey | undefined {
    if (this.#pinnedType === null && this.#shown.size === 0) return undefined;
    const types = this.#pinnedType === null ? this.#left : [this.#pinnedType];
    return types.flatMap((type) => TYPES[type] ?? [type]) as ServerHostKey; // ssh2 says what it does not know.
  }

  /** It showed a wrong key, and may have another. */
  get mayShowAnother(): boolean {
    return this.#pinnedType === null && this.#shown.size > 0 && this.#left.length > 0;
  }

  /** Why it is not the one; null when nothing is known against it. */
  get mismatch(): FailureError | null {
    if (this.#unkept !== null) return new FailureError(failure('HOST_KEY_MISMATCH', this.#unkept));
    if (this.#shown.size === 0) return null;
    const source =
      this.#target.hostKey === null ? 'remembered from the first connection' : 'pinned in the infrastructure';
    const shown = `host key${this.#shown.size > 1 ? 's' : ''} ${[...this.#shown.values()].join(', ')}`;
    const why = `${this.#where} shows the ${shown}, but ${this.#expected} is ${source}`;
    return new FailureError(failure('HOST_KEY_MISMATCH', why));
  }

  /** Is this the one? Where none is known yet, it is remembered. */
  async accepts(key: Buffer): Promise<boolean> {
    const shown = fingerprint(key);
    if (shown === this.#expected) return true;
    if (this.#expected !== null) {
      this.#shown.set(keyType(key), shown);
      return false;
    }
    try {
      await this.#hostKeys.remember(this.#target.address, this.#target.port, shown);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#unkept = `the host key of ${this.#where} cannot be remembered: ${why}`;
      return false;
    }
  }

  get #left(): readonly string[] {
    return Object.keys(TYPES).filter((type) => !this.#shown.has(type));
  }
}

/** ssh2's word for a host that has no key of the types it is asked for. */
export const hasNoSuchKey = (error: { readonly message: string }): boolean =>
  /no matching host key format/i.test(error.message);
