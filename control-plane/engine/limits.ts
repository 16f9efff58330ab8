/** How long the engine waits for what should have happened. Milliseconds. */
export const LIMITS = {
  /** From the request of an abort to ABORTED, whatever the targets answer. */
  abortMs: 1_500,
  /** For a person to decide on a failure, where the strategy does not say how long: 14 days. */
  interventionMs: 1_209_600_000,
  /** Without any agent that may do it. */
  noAgentMs: 300_000,
  /** Past an attempt's deadline and cancel grace: ask its agent to stop it (it should have by itself). */
  overdueMs: 5_000,
  /** Past an attempt's deadline and cancel grace: nothing can run any more, so its end is taken as a fact. */
  lostForGoodMs: 30_000,
  /** For planning a run that was reached. */
  planningMs: 600_000,
} as const;
