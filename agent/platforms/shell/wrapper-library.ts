/**
 * The part of the attempt wrapper that is the same for every attempt. It runs under dash, bash and busybox ash, and
 * needs mkdir, mv, rm, cat, wc, head, tail and sleep; setsid or perl where they exist.
 *
 * What it keeps in `<base>/<attempt>/<unit>/`, the claim:
 *   pid      `<pid> <start time> <boot id> <own process group: 1 or 0> .`, written before the script's first line runs
 *   out err  what the script wrote
 *   status   its exit status, moved into place whole; status.tmp reserves the room, for a disk that fills up meanwhile
 *   v.NAME   values of the variables asked for
 * and beside the claims: `canceled` (nothing of this attempt may start any more) and `units` (how many there are).
 */
export const WRAPPER_LIBRARY = String.raw`
fl_say() { printf '%s\n' "$*" || exit 0; }
fl_refuse() { fl_say "f $(printf '%s' "$1" | tr '\n' ' ')"; exit 0; }
fl_nap() { sleep "$1" 2>/dev/null || sleep 1; }
# Hundredths of a second since some start; where the host has no such clock, as many as were napped away.
fl_clock=0
fl_tell_time() {
  if read -r fl_uptime fl_rest 2>/dev/null < /proc/uptime; then
    fl_clock=${'$'}{fl_uptime%.*}${'$'}{fl_uptime#*.}
  else fl_clock=$((fl_clock + 10))
  fi
}

fl_now_boot=-
[ -r /proc/sys/kernel/random/boot_id ] && read -r fl_now_boot < /proc/sys/kernel/random/boot_id

# State, parent, group and start time of process $1; fails where the host does not tell.
fl_look() {
  fl_state=- fl_parent=- fl_pgrp=- fl_start=-
  read -r fl_stat 2>/dev/null < "/proc/$1/stat" || return 1
  set -- ${'$'}{fl_stat##*") "}
  fl_state=$1 fl_parent=$2 fl_pgrp=$3
  shift 19
  fl_start=$1
}

fl_read_pid() {
  fl_pid= fl_end=
  [ -f "$1/pid" ] && read -r fl_pid fl_started fl_boot fl_group fl_end < "$1/pid" && [ "$fl_end" = . ]
}

# Does anything live in process group $1? Zombies do not count: their parent may never look.
fl_group_alive() {
  kill -0 "-$1" 2>/dev/null || return 1
  [ -r /proc/self/stat ] && command -v sed >/dev/null 2>&1 || return 0
  [ -n "$(sed -n "s/.*) \([^ZX]\) [0-9]* $1 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null)" ]
}

# After fl_read_pid: does that very process, or anything of its group, still live?
fl_alive() {
  [ "$fl_boot" = - ] || [ "$fl_boot" = "$fl_now_boot" ] || return 1
  if kill -0 "$fl_pid" 2>/dev/null; then
    fl_look "$fl_pid" || return 0
    [ "$fl_started" = - ] || [ "$fl_started" = "$fl_start" ] || return 1
    [ "$fl_state" = Z ] || return 0
  fi
  [ "$fl_group" = 1 ] && fl_group_alive "$fl_pid"
}

# Where there is no group of its own: the process and all that descends from it, gathered before anything is killed.
fl_gather() {
  fl_family=" $1 "
  fl_more=1
  while [ "$fl_more" = 1 ]; do
    fl_more=0
    for fl_entry in /proc/[0-9]*; do
      fl_each=${'$'}{fl_entry#/proc/}
      case $fl_family in *" $fl_each "*) continue ;; esac
      fl_look "$fl_each" || continue
      case $fl_family in *" $fl_parent "*) fl_family="$fl_family$fl_each " fl_more=1 ;; esac
    done
  done
}

fl_lives() {
  if [ "$fl_group" = 1 ]; then fl_alive; return; fi
  for fl_each in $fl_family; do
    kill -0 "$fl_each" 2>/dev/null || continue
    fl_look "$fl_each" || return 0
    [ "$fl_state" = Z ] || return 0
  done
  return 1
}

fl_signal() {
  if [ "$fl_group" = 1 ]; then kill "-$1" "-$fl_pid" 2>/dev/null; return; fi
  for fl_each in $fl_family; do kill "-$1" "$fl_each" 2>/dev/null; done
}

# What was written since the last time, each stretch behind its length, so that the reader never guesses.
fl_flush() {
  fl_send o out "$fl_out" && fl_out=$fl_size
  fl_send e err "$fl_err" && fl_err=$fl_size
}
fl_send() {
  fl_size=$3
  [ -s "$2" ] || return 0
  fl_size=$(($(wc -c < "$2")))
  [ "$fl_size" -gt "$3" ] || { fl_size=$3; return 0; }
  printf '%s %s\n' "$1" $((fl_size - $3)) || exit 0
  if [ "$3" -eq 0 ]; then head -c "$fl_size" "$2" || exit 0
  else tail -c "+$(($3 + 1))" "$2" | head -c $((fl_size - $3)) || exit 0
  fi
}

# Is there no room in the current directory? Then what a tool said of that found none either. More room than the
# supervisor has given back by now.
fl_full() {
  printf '%65536s' . | cat > room 2>/dev/null
  set -- $?
  rm -f room
  [ "$1" -ne 0 ]
}

# The values that the unit in directory $1 has set.
fl_values() {
  for fl_file in "$1"/v.*; do
    [ -f "$fl_file" ] || continue
    printf 'v %s %s\n' $(($(wc -c < "$fl_file"))) "${'$'}{fl_file##*/v.}" && cat "$fl_file" || exit 0
  done
}

# Reports the end of the unit in the current directory; fails when it has not ended.
fl_report() {
  [ -f status ] || return 1
  read -r fl_status < status
  fl_flush
  if [ "$fl_status" = 0 ]; then
    fl_values .
  elif fl_full; then
    fl_words='No space left on device: the last of the output may be missing.'
    printf 'e %s\n%s\n' $((${'$'}{#fl_words} + 1)) "$fl_words" || exit 0
  fi
  fl_end "x $fl_status"
}

# An end, and whether the attempt was canceled before it.
fl_end() {
  if [ -e ../canceled ]; then fl_say "$1 canceled"; else fl_say "$1"; fi
}
`;

/**
 * Runs detached, in the claim, as leader of its own session: its own pid first, then the unit, then the unit's exit
 * status. A TERM for the group ends the unit and not this, so that the status is still written.
 */
export const SUPERVISOR = String.raw`
trap true TERM HUP INT
fl_shell=$1 fl_group=$2 fl_mask=$3 fl_started=- fl_boot=-
if read -r fl_stat 2>/dev/null < /proc/$$/stat; then
  set -- ${'$'}{fl_stat##*") "}
  fl_group=0
  [ "$3" = $$ ] && fl_group=1
  shift 19
  fl_started=$1
fi
[ -r /proc/sys/kernel/random/boot_id ] && read -r fl_boot < /proc/sys/kernel/random/boot_id
printf "%s %s %s %s .\n" $$ "$fl_started" "$fl_boot" "$fl_group" > pid || exit 125
(umask "$fl_mask"; exec "$fl_shell" ./fairlead-unit)
fl_status=$?
printf "%-8s\n" "$fl_status" 1<> status.tmp && mv -f status.tmp status
rm -f fairlead-unit fairlead-supervisor script
`;
