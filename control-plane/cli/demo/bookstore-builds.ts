/** Three builds of a small shop. Version 3 has its books in another form than its server expects: it starts, and answers 500. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tarGz } from './tar-file.ts';

export const VERSIONS = [1, 2, 3] as const;

const SERVER = `const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');

const { version } = require('./package.json');
const port = Number(process.env.port);
const greeting = process.env.greeting || 'Welcome';

http
  .createServer((request, response) => {
    response.setHeader('x-bookstore-version', version);
    response.setHeader('x-bookstore-directory', encodeURIComponent(__dirname));
    response.setHeader('x-bookstore-pid', process.pid);
    try {
      const books = JSON.parse(fs.readFileSync(path.join(__dirname, 'books.json'), 'utf8'));
      const list = books.join(', ');
      const text = request.url === '/health' ? 'ok' : greeting + ': ' + list;
      response.end(text + ' (version ' + version + ')\\n');
    } catch (error) {
      response.statusCode = 500;
      response.end(error.message + ' (version ' + version + ')\\n');
    }
  })
  .listen(port, '127.0.0.1', () => console.log('bookstore', version, 'listens on', port));
`;

const BOOKS = {
  1: ['Moby-Dick', 'Typee'],
  2: ['Moby-Dick', 'Typee', 'The Sea-Wolf'],
  3: { novels: ['Moby-Dick', 'Typee', 'The Sea-Wolf'], poems: ['Sea-Fever'] },
} as const;

export async function writeBuilds(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const version of VERSIONS) {
    const entries = [
      { name: 'package.json', text: `${JSON.stringify({ name: 'bookstore', version: String(version) }, null, 2)}\n` },
      { name: 'server.js', text: SERVER },
      { name: 'books.json', text: `${JSON.stringify(BOOKS[version])}\n` },
    ];
    const file = path.join(directory, `bookstore-${version}.tgz`);
    // Appears whole, or not at all: somebody may be listing the directory.
    await writeFile(`${file}.part`, tarGz(entries));
    await rename(`${file}.part`, file);
  }
}
