import type { Response } from 'express';

/** Sends text as it comes, no faster than the reader takes it. */
export async function sendText(response: Response, text: AsyncIterable<Uint8Array>): Promise<void> {
  response.set('Content-Type', 'text/plain; charset=utf-8');
  // A follower wants to see that it is connected before the first line comes.
  response.flushHeaders();
  for await (const part of text) {
    if (response.destroyed) return;
    if (!response.write(part)) await writable(response);
  }
  response.end();
}

function writable(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
