/** Whether the login that this page had has ended: what the last answers said. */
export class Session {
  #wasIn = false;
  #ended = false;
  readonly #listeners = new Set<() => void>();

  get ended(): boolean {
    return this.#ended;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every answer comes by here. Whoever never was logged in has not been logged out. */
  note(status: number): void {
    if (status < 400) this.#wasIn = true;
    const ended = status === 401 ? this.#wasIn : status < 400 ? false : this.#ended;
    if (ended === this.#ended) return;
    this.#ended = ended;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
