/**
 * The two links of a host, and what changes them. A link is replaced by renaming another one over it, so that whoever
 * follows it finds either directory and never none. A record beside the live link says who works there and what the
 * links were: it is written before they change, so a swap that was cut off can be completed or taken back by anybody.
 *
 *     MARK|prepared          the stage is empty, or is being filled; nothing is swapped
 *     MARK|swap|LIVE|STAGE   swapped, or being swapped; what the links were before (LIVE may be empty)
 */
import { quote } from '../shell/quote.ts';

/** Exit status: the links are not as they have to be, which the script said. */
export const NOT_LINKS = 65;
export const NO_ATOMIC_RENAME = 66;

export interface SwapScript {
  /** Shell words. */
  readonly live: string;
  readonly stage: string;
  readonly direction: 'prepare' | 'forward' | 'back';
  readonly mark: string;
  /** The author's own script. */
  readonly then: string;
}

export const swapScript = ({ live, stage, direction, mark, then }: SwapScript): string => `live=${live}
stage=${stage}
mark=${quote(mark)}
refuse() { echo "$1" >&2; exit ${NOT_LINKS}; }
target() { if [ -L "$1" ]; then readlink "$1"; fi; }
# Renames over the link itself, not into the directory it names.
point() {
  [ "$(target "$1")" = "$2" ] && return 0
  rm -f "$1.new" && ln -s "$2" "$1.new" || exit
  mv -T -f "$1.new" "$1" 2>/dev/null || mv -h -f "$1.new" "$1" 2>/dev/null && return 0
  rm -f "$1.new"
  echo 'mv replaces no link here (neither with -T nor with -h)' >&2
  exit ${NO_ATOMIC_RENAME}
}
# A link may name a directory beside it.
place() { case $1 in /*) echo "$1" ;; *) echo "$(dirname "$2")/$1" ;; esac; }
real() { if [ -n "$1" ] && [ -d "$1/" ]; then (cd "$1/" && pwd -P); else echo "$1"; fi; }
remember() { printf '%s\\n' "$1" > "$live.swap.new" && mv -f "$live.swap.new" "$live.swap" || exit; }
record=
if [ -f "$live.swap" ]; then record=$(cat "$live.swap") || exit; fi
for link in "$live" "$stage"; do
  if [ -e "$link" ] && [ ! -L "$link" ]; then
    refuse "$link is no link: move it once, with mv $link $live.1 && ln -s $live.1 $link"
  fi
done
${STEPS[direction]}
LIVE=$(target "$live")
STAGE=$(target "$stage")
echo "live is \${LIVE:-nothing yet}, stage is \${STAGE:-nothing yet}"
${direction === 'prepare' || then.trim() === '' ? '' : `if [ -n "$LIVE" ]; then (cd "$live/" && {\n${then}\n}) || exit; fi\n`}`;

const STEPS: Readonly<Record<SwapScript['direction'], string>> = {
  prepare: `case $record in
"$mark|swap|"*) echo 'it is swapped already: nothing to prepare' ;;
*)
  mkdir -p "$(dirname "$live")" "$(dirname "$stage")" || exit
  parent=$(cd "$(dirname "$live")" && pwd -P) || exit
  base=$parent/$(basename "$live")
  now=$(real "$live")
  other=$(target "$stage")
  [ -z "$other" ] || other=$(place "$other" "$stage")
  if [ -z "$other" ] || [ "$(real "$other")" = "$now" ]; then
    if [ "$now" = "$base.1" ]; then other=$base.2; else other=$base.1; fi
  fi
  [ "$(real "$other")" != "$now" ] || refuse "$other is what is live: it cannot be the stage"
  # What the stage held can no longer be gone back to.
  remember "$mark|prepared"
  mkdir -p "$other" || exit
  point "$stage" "$other"
  rm -rf "$other"/* "$other"/.[!.]* "$other"/..?* || exit
  ;;
esac`,
  forward: `case $record in
"$mark|swap|"*) echo 'it was begun before: completing it' ;;
*)
  [ -n "$(target "$stage")" ] && [ -d "$stage/" ] || refuse "$stage names no directory: nothing was put into it"
  [ "$(real "$live")" != "$(real "$stage")" ] || refuse "$live and $stage name the same directory"
  record="$mark|swap|$(target "$live")|$(target "$stage")"
  remember "$record"
  ;;
esac
rest=\${record#*|swap|}
before=\${rest%%|*}
next=\${rest#*|}
point "$live" "$next"
if [ -n "$before" ]; then point "$stage" "$before"; else rm -f "$stage"; fi`,
  back: `case $record in
"$mark|swap|"*)
  rest=\${record#*|swap|}
  before=\${rest%%|*}
  next=\${rest#*|}
  if [ -n "$before" ]; then
    [ -d "$(place "$before" "$live")" ] || refuse "$before, which was live before, is gone"
    point "$live" "$before"
  else
    rm -f "$live"
  fi
  point "$stage" "$next"
  remember "$mark|prepared"
  ;;
"$mark|"*) echo 'nothing is swapped: nothing to take back' ;;
"") [ ! -L "$live" ] || refuse "nothing tells what $live was before: there is no $live.swap" ;;
*) refuse "another deployment (\${record%%|*}) has used $stage since: what was live before is overwritten" ;;
esac`,
};
