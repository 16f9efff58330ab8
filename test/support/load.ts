/** People who ask without a pause, and everything that came of it. */
export interface Load {
  /** Answer → how often; `status N` and `failed: …` for what is none. */
  readonly answers: ReadonlyMap<string, number>;
  failed(): number;
  /** Forgets what came so far. */
  reset(): void;
  stop(): Promise<void>;
}

export function startLoad(url: string, askers = 3): Load {
  const answers = new Map<string, number>();
  let going = true;
  const ask = async (): Promise<void> => {
    while (going) {
      const answer = await fetch(url, { headers: { connection: 'close' } })
        .then(async (response) => (response.ok ? await response.text() : `status ${response.status}`))
        .catch((error: unknown) => `failed: ${String(error)}`);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const loops = Array.from({ length: askers }, ask);
  return {
    answers,
    failed: () => [...answers].reduce((sum, [answer, count]) => sum + (/^(status|failed)/.test(answer) ? count : 0), 0),
    reset: () => answers.clear(),
    stop: async () => {
      going = false;
      await Promise.all(loops);
    },
  };
}
