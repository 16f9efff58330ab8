/** Every await of a caller on the store, twice: before the call is applied and after it was. */
export interface StoreCall {
  /** `<port>.<method>`, for example `journal.append`. */
  readonly name: string;
  /** Rejecting `before` refuses the call; rejecting `after` loses the answer of a call that was applied. */
  readonly moment: 'before' | 'after';
}

export type StoreHook = (call: StoreCall) => Promise<void>;

/** Applies a call between the two moments. The work itself is synchronous: it happens at one instant or not at all. */
export type Through = <T>(name: string, work: () => T) => Promise<T>;

export function throughHook(hook: StoreHook | null): Through {
  return async (name, work) => {
    if (hook === null) return work();
    await hook({ name, moment: 'before' });
    const answer = work();
    await hook({ name, moment: 'after' });
    return answer;
  };
}
