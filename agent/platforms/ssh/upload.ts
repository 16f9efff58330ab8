import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Transport } from '../shell/channel.ts';
import { quote } from '../shell/quote.ts';
import { saysDiskFull } from '../shell/explain-exit.ts';

export interface Upload {
  /** A local file, or the bytes themselves. */
  readonly content: { readonly path: string; readonly sha256: string; readonly bytes: number } | Buffer;
  /** Shell words of the directory; made when missing. */
  readonly directory: string;
  readonly fileName: string;
  /** Octal; null leaves it to the login's umask. */
  readonly mode: string | null;
}

export type Uploaded =
  | { readonly outcome: 'written' | 'already-there'; readonly sha256: string; readonly path: string }
  | { readonly outcome: 'failed'; readonly failure: Failure };

/**
 * Puts a file into its place at a host: written beside it under another name, checked, and renamed, so that nobody ever
 * sees a part of it; left alone when the very same bytes are there already. May be repeated, also while an earlier
 * try is still under way on a connection that was lost.
 */
export async function upload(
  transport: Transport,
  system: System,
  file: Upload,
  signal: AbortSignal,
): Promise<Uploaded> {
  const { content } = file;
  const sha256 = Buffer.isBuffer(content) ? createHash('sha256').update(content).digest('hex') : content.sha256;
  const nonce = system.ids.unique('u');
  const channel = await transport.open(READ_AND_RUN, { signal });
  let said = '';
  let complaint = '';
  let source: Readable | null = null;
  let giveUp: NodeJS.Timeout | null = null;
  // What arrived so far is then not what was announced, so the far end takes it away and says so.
  const stop = (): void => {
    source?.unpipe();
    source?.destroy();
    channel.stdin.end();
    giveUp = setTimeout(() => channel.close(), 500);
  };
  channel.stdin.on('error', () => undefined);
  channel.stdin.write(`${onOneLine(program(file, sha256, nonce))}\n`);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  channel.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2_000)));
  channel.stdout.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8_000);
    if (source === null && !signal.aborted && said.includes(`\n@${nonce} want\n`)) {
      source = Buffer.isBuffer(content) ? Readable.from([content]) : createReadStream(content.path);
      source.once('error', () => channel.close());
      source.pipe(channel.stdin);
    } else if (said.includes(`\n@${nonce} have `)) channel.stdin.end();
  });
  const ended = await channel.ended;
  signal.removeEventListener('abort', stop);
  if (giveUp !== null) clearTimeout(giveUp);
  if (ended.end === 'lost') return { outcome: 'failed', failure: ended.failure };
  const found = new RegExp(`\\n@${nonce} (have|done) (.*)\\n`).exec(said);
  const path = found?.[2] ?? '';
  if (found?.[1] === 'have') return { outcome: 'already-there', sha256, path };
  if (found?.[1] === 'done') return { outcome: 'written', sha256, path };
  const why = complaint.trim();
  const name = `${file.fileName} on ${transport.name}`;
  if (saysDiskFull(why)) return failed('DISK_FULL', `no space left for ${name}: ${why}`);
  if (said.includes(`\n@${nonce} tool`))
    return failed('MISSING_TOOL', `${transport.name} has no tool to make a SHA-256 checksum`);
  if (said.includes(`\n@${nonce} differs`))
    return failed('CHECKSUM_MISMATCH', `${name} did not arrive as it was sent (sha256 ${sha256})`);
  return failed('COMMAND_FAILED', `cannot write ${name}: ${why === '' ? 'its shell ended early' : why}`);
}

const failed = (code: Failure['code'], message: string): Uploaded => ({
  outcome: 'failed',
  failure: failure(code, message),
});

/**
 * What a login's shell is told to run. The program comes first on stdin, on a line of its own, and the content behind
 * it: some shells (csh) take no line breaks inside quotes, and nothing of it is seen in a process list.
 */
const READ_AND_RUN = `exec sh -c 'IFS= read -r fl_program; eval "$(printf %b "$fl_program")"'`;
const onOneLine = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

function program(file: Upload, sha256: string, nonce: string): string {
  const name = quote(file.fileName);
  return `
d=${file.directory} n=${name}
sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum < "$1"
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256 < "$1"
  elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r < "$1"
  elif command -v sha256 >/dev/null 2>&1; then sha256 -q < "$1"
  else return 1
  fi
}
mkdir -p -- "$d" || exit 1
sum /dev/null >/dev/null || { printf '\\n@${nonce} tool\\n'; exit 1; }
if [ -d "$d/$n" ]; then printf '%s is a directory\\n' "$d/$n" >&2; exit 1; fi
if [ -f "$d/$n" ]; then
  case $(sum "$d/$n") in ${sha256}*) ${modeLine(file, '$d/$n')}printf '\\n@${nonce} have %s\\n' "$d/$n"; exit 0 ;; esac
fi
p=$d/.$n.${nonce}.part
trap 'rm -f -- "$p"' EXIT
trap 'exit 1' HUP TERM INT PIPE
printf '\\n@${nonce} want\\n'
${file.mode === null ? '' : 'umask 077\n'}cat > "$p" || exit 1
case $(sum "$p") in ${sha256}*) ;; *) printf '\\n@${nonce} differs\\n'; exit 1 ;; esac
${modeLine(file, '$p')}mv -f -- "$p" "$d/$n" || exit 1
printf '\\n@${nonce} done %s\\n' "$d/$n"
`.trim();
}

const modeLine = (file: Upload, path: string): string =>
  file.mode === null ? '' : `chmod ${quote(file.mode)} "${path}" || exit 1; `;
