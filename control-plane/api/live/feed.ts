/**
 * One subscription of one socket. It is a position, never a queue: asked when the socket can take more, it gives what
 * lies between the position and now, so a slow reader gets fewer and larger steps and nothing piles up for it.
 */
export interface Feed {
  /** The next frame as JSON without its `sub` and its opening brace, or null when the reader has everything. Throws FailureError to end. */
  next(): Promise<string | null> | string | null;
  end(): void;
}

/** `{"sub":7,` + what a feed gave. */
export const withSub = (sub: number, rest: string): string => `{"sub":${sub},${rest}`;

/** The part of a frame that is the same for every subscriber. */
export const frameRest = (fields: object): string => JSON.stringify(fields).slice(1);
