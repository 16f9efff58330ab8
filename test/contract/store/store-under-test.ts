import type { Store } from '../../../control-plane/ports/store.ts';

/** An empty store, as seen by two clients: two connections where that is possible, otherwise twice the same. */
export interface FreshStore {
  readonly one: Store;
  readonly other: Store;
  dispose(): Promise<void>;
}

export interface StoreUnderTest {
  fresh(): Promise<FreshStore>;
  /** Between the store and the caller answers get lost, so a `remove` cannot know its own earlier try. */
  readonly losesAnswers?: boolean;
  /** Why races are not judged here: the server itself is not atomic, which `holds` shows as long as it is true. */
  readonly racesExcluded?: { readonly because: string; holds(): Promise<boolean> };
  /** Why the order of ids beyond the basic plane is not judged here. */
  readonly ordersByUtf16?: string;
}

/** Texts in which databases and encodings differ. */
export const AWKWARD_IDS = ['ä/ö·ß', 'a b\tc"\'`$.%_*', '日本語/…', 'z🚢', '\u{10ffff}', '__proto__', '-1', 'A', 'a'];
