import { failure } from '@fairlead/proto/model/failure.ts';
import { BOOTSTRAP_MARK } from '../../shell/wrapper.ts';
import { quote } from '../../shell/quote.ts';
import type { ScriptWork } from './script-work.ts';

/** What this agent itself runs on a host shows in the list as one of these. */
const OURS = [
  String.raw`sh \./fairlead-(unit|supervisor)( |$)`,
  BOOTSTRAP_MARK.replaceAll(/[$()"]/g, '.'),
  String.raw`^(/[^ ]*/)?tail -n \+1 /proc/`,
  '^==> /proc/',
].join('|');

/**
 * Waits until a process whose command line matches the pattern (as `pgrep -f` would find it) runs, or until none does.
 * pgrep itself is not asked: it may be missing, and the pattern would stand in its own command line.
 */
export const checkProcess = (
  unit: { readonly pattern: string; readonly withinMs: number },
  wanted: 'running' | 'stopped',
): ScriptWork => ({
  shell: 'sh',
  directory: '$HOME',
  mutates: false,
  script: `printf '%s\\n' ${quote(unit.pattern)} > "$fairlead_claim"/pattern
processes() {
  if [ -r /proc/self/cmdline ]; then tail -n +1 /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' '
  else ps -A -o args= || exit 127
  fi
}
matching() { processes | grep -vE -e ${quote(OURS)} | grep -E -f "$fairlead_claim"/pattern; }
true | grep -E -f "$fairlead_claim"/pattern; [ $? -le 1 ] || exit 2
left=${Math.ceil(unit.withinMs / 200)}
while :; do
  found=$(matching)
  if [ ${wanted === 'running' ? '-n' : '-z'} "$found" ]; then printf '%s\\n' "\${found:-no such process}"; exit 0; fi
  [ "$left" -gt 0 ] || break
  left=$((left - 1))
  sleep 0.2 2>/dev/null || { sleep 1; left=$((left - 4)); }
done
printf '%s\\n' "\${found:-no such process}"
exit 1`,
  explain: (status) => {
    if (status === 1) {
      const state = wanted === 'running' ? 'no process matches' : 'a process still matches';
      return failure('CHECK_FAILED', `${state} '${unit.pattern}'${after(unit.withinMs)}`);
    }
    return status === 2
      ? failure('INVALID_INPUT', `the pattern '${unit.pattern}' is not an extended regular expression`)
      : null;
  },
});

const after = (ms: number): string => (ms === 0 ? '' : ` after ${ms} ms`);
