import { expect, test } from 'vitest';
import fc from 'fast-check';
import { Redactor } from './redact.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const redactor = (...values: readonly string[]): Redactor => {
  const made = new Redactor();
  for (const value of values) made.register(value);
  return made;
};

function streamed(made: Redactor, pieces: readonly Uint8Array[]): string {
  const stream = made.stream();
  return [...pieces.map((piece) => stream.push(piece)), stream.end()].map(decode).join('');
}

test('a secret split at any place over any chunks never comes out', () => {
  const secret = 'hunter2hunter3';
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(secret, 'hunter2', 'h', 'hunter2hunter', ' ', '\n', 'x3'), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 60 }),
      (words, sizes) => {
        const text = words.join('');
        const bytes = encode(text);
        const pieces: Uint8Array[] = [];
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(from, from + size));
          from += size;
        }
        const masked = streamed(redactor(secret), pieces);
        expect(masked).not.toContain(secret);
        expect(masked).toBe(redactor(secret).text(text));
      },
    ),
  );
});

test('of overlapping secrets nothing is left, and a secret that goes on is masked whole', () => {
  expect(redactor('abcde', 'cdexy').text('-abcdexy-')).toBe('-********-');
  expect(redactor('abc', 'abcdef').text('-abcdef-')).toBe('-********-');
  expect(streamed(redactor('abc', 'abcdef'), [encode('-abc'), encode('def-')])).toBe('-********-');
  expect(streamed(redactor('abc', 'abcdef'), [encode('-abc'), encode('d-')])).toBe('-********d-');
});

test('every line of a secret of several lines is masked, as short as three characters', () => {
  const made = redactor('first line\r\nab\nxyz\n');
  expect(made.text('a first line, ab, wxyz')).toBe('a ********, ab, w********');
});

test('what a shell tells of a secret that it took for code is masked: its words, and the whole without quotes', () => {
  const made = redactor(`it's;hunter2hunter3|"pass phrase" $(x)`);
  expect(made.text('sh: 1: hunter2hunter3: not found')).toBe('sh: 1: ********: not found');
  expect(made.text('sh: 1: its;hunter2hunter3|pass phrase $(x)')).toBe('sh: 1: ********');
  expect(made.text('the phrase, it, or a pass')).toBe('the phrase, it, or a pass');
  expect(redactor('-----BEGIN PRIVATE KEY-----\nabcdefgh\n').text('-----BEGIN RSA KEY-----')).toBe(
    '-----BEGIN RSA KEY-----',
  );
});

test.each([
  ['base64', Buffer.from('s3cr3t/päss').toString('base64')],
  ['base64url', Buffer.from('s3cr3t/päss').toString('base64url')],
  ['a basic authorization', Buffer.from('deploy:s3cr3t/päss').toString('base64')],
  ['another alignment', Buffer.from('ab:s3cr3t/päss:c').toString('base64')],
  ['a URL', encodeURIComponent('s3cr3t/päss')],
  ['a URL in lower case', encodeURIComponent('s3cr3t/päss').replace(/%../g, (hex) => hex.toLowerCase())],
])('%s of a secret is masked too', (_name, encoded) => {
  const masked = redactor('s3cr3t/päss').text(`x ${encoded} y`);
  expect(masked).toContain('********');
  const longest = Math.max(...masked.split('********').map((part) => part.length));
  expect(longest).toBeLessThan(13);
});

test.each([
  ['the trace of bash', String.raw`+ curl -u 'it'\''s "$5"'`],
  ['a list of variables', String.raw`declare -x P="it's \"\$5\""`],
  ["a list of dash's variables", `export P='it'"'"'s "$5"'`],
])('%s shows no secret with quotes in it', (_name, line) => {
  const masked = redactor(`it's "$5"`).text(line);
  expect(masked).toContain('********');
  expect(masked).not.toContain('5');
});

test.each([64, 76])('base64 in lines of %i characters is masked, each line', (width) => {
  const secret = 'a token that is somewhat longer than one line of base64, '.repeat(5);
  const lines =
    Buffer.from(`${secret}\n`)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  expect(lines.length).toBeGreaterThan(4);
  const masked = redactor(secret).text(lines.join('\n')).split('\n');
  for (const line of masked) expect(line.replaceAll('********', '').length).toBeLessThan(6);
});

test('base64 of a longer text with the secret in it is masked, wherever its lines end and whatever is around them', () => {
  const secret = 'hunter2/hunter3?and=some more of it, with ümlauts';
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 130 }),
      fc.integer({ min: 16, max: 90 }),
      fc.constantFrom('\n', '\r\n', '\n    ', '\n\t'),
      fc.constantFrom('base64', 'base64url'),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
      (before, width, between, alphabet, sizes) => {
        const prefix = Buffer.from('x'.repeat(before));
        const whole = Buffer.concat([prefix, Buffer.from(secret), Buffer.from('yyyyyyyyyyyy')]).toString(alphabet);
        const text = `> ${(whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(between)}\nend\n`;
        const bytes = encode(text);
        const pieces: Uint8Array[] = [];
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(from, from + size));
          from += size;
        }
        const inner = Buffer.from(secret).toString(alphabet);
        for (const masked of [streamed(redactor(secret), pieces), redactor(secret).text(text)]) {
          expect(masked.endsWith('\nend\n')).toBe(true);
          expect(masked).toContain('********');
          const squeezed = masked.replaceAll(/\s+/g, '');
          const from = Math.ceil((before * 4) / 3) + 1;
          // Eight characters of base64 are six bytes of the secret.
          const body = whole.slice(from + 3, from + inner.length - 6);
          for (let at = 0; at + 8 <= body.length; at += 1) expect(squeezed).not.toContain(body.slice(at, at + 8));
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('a line that ends like the beginning of base64 is not held back', () => {
  const secret = 'a password of some length';
  const [beginning] = Buffer.from(secret).toString('base64').match(/^.{3}/) ?? [''];
  const stream = redactor(secret).stream();
  expect(decode(stream.push(encode(`all is ${beginning}\n`)))).toBe(`all is ${beginning}\n`);
  const longer = Buffer.from(secret).toString('base64').slice(0, 9);
  expect(decode(stream.push(encode(`here: ${longer}\n`)))).toBe('here: ');
  expect(decode(stream.push(encode('no\n')))).toBe(`${longer}\nno\n`);
});

test('lines of nothing are passed on, however many', () => {
  const stream = redactor('a password of some length').stream();
  const beginning = Buffer.from('a password').toString('base64').slice(0, 9);
  stream.push(encode(beginning));
  const blank = encode('\n'.repeat(100_000));
  let out = 0;
  for (let turn = 0; turn < 20; turn += 1) out += stream.push(blank).length;
  expect(out).toBeGreaterThan(19 * blank.length);
});

test('JSON escapes and form encoding', () => {
  const made = redactor('a "quoted" word');
  expect(made.text(JSON.stringify({ p: 'a "quoted" word' }))).toBe('{"p":"********"}');
  expect(made.text('p=a+%22quoted%22+word&q')).toBe('p=********&q');
});

test('values under three characters are left alone', () => {
  expect(redactor('', 'a', 'ab').text('ab a b')).toBe('ab a b');
});

test('only what may still become a secret is held back', () => {
  const stream = redactor('secret').stream();
  expect(decode(stream.push(encode('password: se')))).toBe('password: ');
  expect(decode(stream.push(encode('ven')))).toBe('seven');
});

test('values deep inside are masked, keys too, and other types stay', () => {
  const value = { list: ['x secret', 1, null, { secret: true }], plain: 'y' };
  expect(redactor('secret').value(value)).toEqual({ list: ['x ********', 1, null, { '********': true }], plain: 'y' });
});

test('bytes that are no text pass unharmed', () => {
  const bytes = Uint8Array.from({ length: 512 }, (_, at) => at % 256);
  const stream = redactor('secret').stream();
  expect([...stream.push(bytes), ...stream.end()]).toEqual([...bytes]);
});

test('without a secret the bytes are passed on as they are', () => {
  const bytes = encode('as it is');
  expect(new Redactor().stream().push(bytes)).toBe(bytes);
});
