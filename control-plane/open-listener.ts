import { connect } from 'node:net';

/**
 * Listens on the port that was asked for; without one on the usual port, or any free one when somebody else has that.
 * A port that was asked for and is taken is an error.
 */
export async function openListener<T>(
  asked: number | null,
  usual: number,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  if (asked !== null) return listen(asked);
  // Two sockets can share a port on different addresses without an error; whoever answers there was first.
  if (await answers(usual)) return listen(0);
  try {
    return await listen(usual);
  } catch {
    return listen(0);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
