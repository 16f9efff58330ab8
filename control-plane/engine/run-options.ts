/** What is said for one start only (orchestration 3.6). */
export interface RunOptions {
  /** Only the first phase runs, on these; whatever the workflow selects. */
  readonly hosts?: readonly string[];
  /** Hosts that have the build already do not get it again. */
  readonly skipSameVersion?: boolean;
}
