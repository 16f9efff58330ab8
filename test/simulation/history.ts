/** What happened, line by line in virtual time: two runs of one seed must give the same text. */
export class History {
  readonly lines: string[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  note(kind: string, text: string): void {
    this.lines.push(`${this.#now().toFixed(3)} ${kind} ${text}`);
  }

  get text(): string {
    return this.lines.join('\n');
  }
}
