/** What happened, line by line in virtual time: two runs of one seed must give the same text. */
export class History {
  readonly #notes: { readonly at: number; readonly kind: string; readonly text: string | (() => string) }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A function is asked when somebody reads it, which for most seeds nobody does: of what never changes. */
  note(kind: string, text: string | (() => string)): void {
    this.#notes.push({ at: this.#now(), kind, text });
  }

  get lines(): readonly string[] {
    return this.#notes.map(
      ({ at, kind, text }) => `${at.toFixed(3)} ${kind} ${typeof text === 'string' ? text : text()}`,
    );
  }

  get text(): string {
    return this.lines.join('\n');
  }
}
