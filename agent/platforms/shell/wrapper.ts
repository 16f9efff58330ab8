import { quote } from './quote.ts';
import { SUPERVISOR, WRAPPER_LIBRARY } from './wrapper-library.ts';

/**
 * What a target's shell is told to run. The program itself arrives on stdin: nothing of it is seen in a process list.
 * It is one function called on its last line, so one that arrives cut off does nothing.
 */
export const BOOTSTRAP = `exec sh -c 'fl_umask=$(umask); umask 077; eval "$(cat)"'`;
/** In a process list this marks a wrapper: checks for processes leave out lines that hold it. */
export const BOOTSTRAP_MARK = 'umask 077; eval "$(cat)"';

export interface Claim {
  /** Shell words of the directory that holds all attempts of this target. */
  readonly base: string;
  /** Name of the attempt's directory in it. */
  readonly name: string;
}

export interface UnitProgram {
  readonly claim: Claim;
  /** Written before the wrapper's own output, to tell it from what login files print. */
  readonly nonce: string;
  readonly unit: number;
  readonly units: number;
  /** `run` refuses a unit that was claimed before; `resume` follows it, and runs it when it was never claimed. */
  readonly mode: 'run' | 'resume';
  /** Bytes of stdout and stderr that arrived before. */
  readonly from: { readonly out: number; readonly err: number };
  readonly shell: 'sh' | 'bash';
  /** Exported to the script: name → shell words of its value. */
  readonly exports: Readonly<Record<string, string>>;
  /** Shell words; null stays in HOME. `required: false` falls back on HOME. */
  readonly directory: { readonly words: string; readonly required: boolean } | null;
  readonly script: string;
  /** Shell variables to read when the script came to its end. */
  readonly outputs: readonly string[];
}

/** Claims the unit and runs it, or follows the one that has the claim; streams its output and reports its end. */
export function unitProgram(program: UnitProgram): string {
  const end = `FAIRLEAD_${program.nonce}`;
  return main(
    program.claim,
    program.nonce,
    String.raw`
fl_out=${program.from.out} fl_err=${program.from.err} fl_child=
fl_dir="$fl_attempt"/${program.unit}
fl_write() {
cat > fairlead-unit <<'${end}' &&
${unitFile(program)}
${end}
cat > script <<'${end}' &&
${program.script}
${end}
printf '%s\n' ${quote(SUPERVISOR)} > fairlead-supervisor && printf 'pending\n' > status.tmp
}
fl_launch() {
  if command -v setsid >/dev/null 2>&1; then exec setsid sh ./fairlead-supervisor ${program.shell} 1 "$fl_umask"
  elif command -v perl >/dev/null 2>&1; then
    exec perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' sh ./fairlead-supervisor ${program.shell} 1 "$fl_umask"
  else trap '' HUP; exec sh ./fairlead-supervisor ${program.shell} 0 "$fl_umask"
  fi
}
fl_watch() {
  trap true USR1
  fl_launch > out 2> err < /dev/null &
  fl_child=$!
  # Nothing is said between the claim and the launch: nobody may be there to read it, and a word to nobody ends this.
  fl_say new
  ( fl_beat=0
    while [ "$fl_beat" -lt 10 ] && fl_nap 0.2 && kill -USR1 $$; do fl_beat=$((fl_beat + 1)); done
    while sleep 1 && kill -USR1 $$; do :; done
  ) < /dev/null > /dev/null 2>&1 &
  fl_ticker=$!
  fl_ticks=0
  while :; do
    wait "$fl_child"
    [ -f status ] && break
    kill -0 "$fl_child" 2>/dev/null || break
    fl_flush
    fl_ticks=$((fl_ticks + 1))
    [ $((fl_ticks % 10)) -eq 0 ] && fl_say h
  done
  kill "$fl_ticker" 2>/dev/null
  fl_follow
}
fl_follow() {
  fl_rounds=0
  # Our own child, and gone without a pid: nothing to wait for.
  [ -z "$fl_child" ] || fl_rounds=25
  while :; do
    fl_report && return
    if fl_read_pid .; then
      if ! fl_alive; then fl_report || { fl_flush; fl_end k; }; return; fi
    elif [ -e ../canceled ]; then fl_say t; return
    elif [ "$fl_rounds" -ge 25 ]; then fl_say u; return
    fi
    fl_flush
    fl_rounds=$((fl_rounds + 1))
    [ $((fl_rounds % 10)) -eq 0 ] && fl_say h
    if [ "$fl_rounds" -le 50 ]; then fl_nap 0.2; else sleep 1; fi
  done
}
[ -d "$fl_attempt" ] || fl_problem=$(mkdir -p "$fl_attempt" 2>&1) || fl_refuse "$fl_problem"
if [ ! -d "$fl_dir" ]; then
  command -v ${program.shell} >/dev/null 2>&1 || fl_refuse '${program.shell}: not found'
fi
if fl_problem=$(mkdir "$fl_dir" 2>&1); then
  cd "$fl_dir" || fl_refuse "cannot enter $fl_dir"
  fl_problem=$(fl_write 2>&1) || { cd /; rm -rf "$fl_dir"; fl_refuse "$fl_problem"; }
  [ -f ../units ] || printf '%s\n' ${program.units} > ../units
  if [ -e ../canceled ]; then fl_say t; return; fi
  fl_watch
elif [ -d "$fl_dir" ]; then
  ${program.mode === 'run' ? 'fl_say c; return' : ''}
  cd "$fl_dir" || fl_refuse "cannot enter $fl_dir"
  fl_say found
  fl_follow
else fl_refuse "$fl_problem"
fi`,
  );
}

/** Runs in the claim, in the shell the author asked for, and reads the script, so that the script's own name and lines are told in errors. */
function unitFile(program: UnitProgram): string {
  const lines = ['fairlead_claim=$PWD'];
  for (const [name, words] of Object.entries(program.exports)) lines.push(`export ${name}=${words}`);
  const where = program.directory?.words ?? '"$HOME"';
  const otherwise =
    program.directory?.required === true
      ? `{ printf 'the working directory %s does not exist\\n' ${where} >&2; exit 1; }`
      : 'cd "$HOME" 2>/dev/null || cd /';
  lines.push(`cd ${where} 2>/dev/null || ${otherwise}`, '. "$fairlead_claim"/script', 'fairlead_status=$?');
  for (const name of program.outputs) {
    lines.push(`[ -z "\${${name}+x}" ] || printf '%s' "$${name}" > "$fairlead_claim"/v.${name} || exit 1`);
  }
  lines.push('exit "$fairlead_status"');
  return lines.join('\n');
}

/** Ends what runs of the attempt, and keeps anything of it from starting later. */
export function stopProgram(claim: Claim, nonce: string, graceMs: number): string {
  return main(
    claim,
    nonce,
    String.raw`
mkdir -p "$fl_attempt" && true > "$fl_attempt"/canceled
fl_left=
fl_tell_time
fl_ask_until=$((fl_clock + ${Math.round(graceMs / 10)}))
fl_look_until=$((fl_ask_until + 70))
for fl_dir in "$fl_attempt"/[0-9]*; do
  [ -d "$fl_dir" ] || continue
  fl_tries=0
  until fl_read_pid "$fl_dir" || [ -f "$fl_dir"/status ] || [ "$fl_tries" -ge 5 ]; do
    fl_nap 0.1
    fl_tries=$((fl_tries + 1))
  done
  if [ -f "$fl_dir"/status ] || [ -z "$fl_pid" ] || ! fl_alive; then continue; fi
  fl_family=
  [ "$fl_group" = 1 ] || fl_gather "$fl_pid"
  fl_signal TERM
  while fl_lives; do
    fl_tell_time
    [ "$fl_clock" -lt "$fl_ask_until" ] || break
    fl_nap 0.05
  done
  if fl_lives; then
    fl_signal KILL
    while fl_lives; do
      fl_tell_time
      [ "$fl_clock" -lt "$fl_look_until" ] || break
      fl_nap 0.02
    done
  fi
  if fl_lives; then fl_left="$fl_left $fl_pid"; fi
  rm -f "$fl_dir"/fairlead-unit "$fl_dir"/fairlead-supervisor "$fl_dir"/script
done
if [ -z "$fl_left" ]; then fl_say g; else fl_say "a$fl_left"; fi`,
  );
}

/** Says of every claimed unit how it stands, and what those have set that ended well; changes nothing. */
export function probeProgram(claim: Claim, nonce: string): string {
  return main(
    claim,
    nonce,
    String.raw`
[ -d "$fl_attempt" ] || { fl_say n; return; }
[ -e "$fl_attempt"/canceled ] && fl_say 'p canceled 0'
[ -f "$fl_attempt"/units ] && read -r fl_units < "$fl_attempt"/units && fl_say "p units $fl_units"
for fl_dir in "$fl_attempt"/[0-9]*; do
  [ -d "$fl_dir" ] || continue
  if [ -f "$fl_dir"/status ]; then read -r fl_status < "$fl_dir"/status; fl_say "p ended $fl_status ${'$'}{fl_dir##*/}"
  elif ! fl_read_pid "$fl_dir"; then fl_say "p claimed 0 ${'$'}{fl_dir##*/}"
  elif fl_alive; then fl_say "p running 0 ${'$'}{fl_dir##*/}"
  elif [ -f "$fl_dir"/status ]; then read -r fl_status < "$fl_dir"/status; fl_say "p ended $fl_status ${'$'}{fl_dir##*/}"
  else fl_say "p gone 0 ${'$'}{fl_dir##*/}"
  fi
  [ ! -f "$fl_dir"/status ] || [ "$fl_status" != 0 ] || fl_values "$fl_dir"
done
fl_say g`,
  );
}

/**
 * After a success: what was written goes; statuses and values stay, for an agent that died before it told of them. With
 * `keepDays`, attempts in which nothing was written for longer go whole, but for those of which something still runs:
 * nobody else knows that they were started.
 */
export function tidyProgram(claim: Claim, nonce: string, keepDays: number | null): string {
  return main(
    claim,
    nonce,
    String.raw`
rm -f "$fl_attempt"/*/out "$fl_attempt"/*/err
${keepDays === null ? '' : pruning(keepDays)}
fl_say g`,
  );
}

const pruning = (keepDays: number): string => String.raw`
fl_runs() {
  for fl_dir in "$1"/[0-9]*; do
    [ -f "$fl_dir"/status ] || ! fl_read_pid "$fl_dir" || ! fl_alive || return 0
  done
  return 1
}
find "$fl_base" -mindepth 1 -maxdepth 1 -type d -mtime +${keepDays} 2>/dev/null | while read -r fl_old; do
  [ -z "$(find "$fl_old" ! -mtime +${keepDays} 2>/dev/null)" ] || continue
  fl_runs "$fl_old" || rm -rf "$fl_old"
done`;

function main(claim: Claim, nonce: string, body: string): string {
  return `fl_main() {
fl_base=${claim.base}
fl_attempt="$fl_base"/${quote(claim.name)}
printf '\\n@fairlead ${nonce}\\n' || exit 0
${body}
}
${WRAPPER_LIBRARY}
fl_main # ${nonce}
`;
}
