/** The built page: files as they are, and the index for every other path, since the page routes by itself. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import express from 'express';

const NOT_BUILT = `<!doctype html><title>Fairlead</title>
<p>Fairlead is running, but its page was not built here. The API is at <a href="/api/v1/openapi.json">/api/v1</a>.</p>`;

const INDEX = 'index.html';

export function page(directory: string | null): express.Router {
  const router = express.Router();
  if (directory !== null) {
    router.use(
      express.static(directory, {
        index: false,
        dotfiles: 'ignore',
        setHeaders: (response, file) => {
          // Names of built assets hold a hash of their content; the index names them.
          const hashed = file.includes(`${path.sep}assets${path.sep}`);
          response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      }),
    );
  }
  router.get('/{*path}', (request, response, next) => {
    // A missing file with an ending is missing; a path of the page has none.
    if (path.extname(request.path) !== '') return next();
    response.set('Cache-Control', 'no-cache');
    if (directory === null || !existsSync(path.join(directory, INDEX))) {
      return void response.type('html').send(NOT_BUILT);
    }
    // By its root: with the whole path a folder such as ~/.npm or ~/.nvm above it would count as hidden, and be refused.
    return response.sendFile(INDEX, { root: directory });
  });
  return router;
}
