import { failure } from '@fairlead/proto/model/failure.ts';
import type { ScriptWork } from './script-work.ts';

/** Local addresses of a listener that a connection to localhost reaches, as Linux prints them (either byte order). */
const LOCAL =
  '0{8}|[0-9A-F]{6}7F|7F[0-9A-F]{6}|0{32}|0{24}(01000000|00000001)|0{16}(FFFF0000|0000FFFF)([0-9A-F]{6}7F|7F[0-9A-F]{6}|0{8})';

/**
 * Waits until something listens on the port of the host's localhost, or until nothing does. Linux's own table is read
 * first, for it needs no tool and disturbs nobody; elsewhere a connection is tried with whatever can make one.
 */
export const checkPort = (
  unit: { readonly port: number; readonly withinMs: number },
  wanted: 'listening' | 'cleared',
): ScriptWork => ({
  shell: 'sh',
  directory: '$HOME',
  mutates: false,
  script: `listens() {
  if [ -r /proc/net/tcp ]; then
    grep -Eq '^ *[0-9]+: (${LOCAL}):${unit.port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:0000 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
  elif command -v nc >/dev/null 2>&1; then nc -z -w 2 localhost ${unit.port} >/dev/null 2>&1
  elif command -v bash >/dev/null 2>&1; then bash -c 'exec 3<>/dev/tcp/localhost/${unit.port}' 2>/dev/null
  elif command -v perl >/dev/null 2>&1; then
    perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new("localhost:${unit.port}") ? 0 : 1)'
  else echo 'nc: not found' >&2; exit 127
  fi
}
left=${Math.ceil(unit.withinMs / 200)}
while :; do
  if ${wanted === 'listening' ? '' : '! '}listens; then echo 'port ${unit.port} is ${wanted}'; exit 0; fi
  [ "$left" -gt 0 ] || break
  left=$((left - 1))
  sleep 0.2 2>/dev/null || { sleep 1; left=$((left - 4)); }
done
exit 1`,
  explain: (status) => {
    if (status !== 1) return null;
    const state = wanted === 'listening' ? 'nothing listens' : 'something still listens';
    return failure('CHECK_FAILED', `${state} on port ${unit.port} after ${unit.withinMs} ms`);
  },
});
