/** What runs on a host to see what older releases left there, and to take it away: POSIX shell, like the attempt wrapper. */
import { quote } from '../shell/quote.ts';

/** `words`: shell words of the directory. */
export interface Place {
  readonly words: string;
}

/**
 * Says `r <index> <name>` for every directory in a place that is called like a release, `l <index>` for a place that is a
 * link to somewhere else and is left alone for that. A directory there that is a link is none of ours either.
 */
export const lookProgram = (places: readonly Place[], nonce: string): string =>
  speaking(
    nonce,
    places
      .map(
        ({ words }, index) => `fl_place=${words}
if [ -L "$fl_place" ]; then echo 'l ${index}'
elif [ -d "$fl_place" ]; then
  for fl_each in "$fl_place"/[0-9]*-[0-9][0-9][0-9]; do
    fl_name=\${fl_each##*/}
    case $fl_name in *[!0-9-]*) continue ;; esac
    [ -d "$fl_each" ] && [ ! -L "$fl_each" ] && printf 'r ${index} %s\\n' "$fl_name"
  done
fi`,
      )
      .join('\n'),
  );

export interface Old {
  /** Directories to take away, each by its plain name. */
  readonly releases: readonly { readonly place: Place; readonly names: readonly string[] }[];
  /** Files of the runtime path, which go if their content is what was brought there. */
  readonly runtime: Place;
  readonly files: readonly { readonly fileName: string; readonly sha256: string }[];
}

/**
 * Says `d <path>` for what it took away and `w <why>` for what it could not. It enters the place itself and removes below
 * it by name only, so that a link put there meanwhile leads nowhere else; `rm -r` follows none either.
 */
export const removeProgram = ({ releases, runtime, files }: Old, nonce: string): string =>
  speaking(
    nonce,
    `fl_sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum < "$1"
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256 < "$1"
  elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r < "$1"
  elif command -v sha256 >/dev/null 2>&1; then sha256 -q < "$1"
  fi
}
fl_remove() {
  [ -d "./$1" ] && [ ! -L "./$1" ] || return 0
  if fl_why=$(rm -rf -- "./$1" 2>&1); then printf 'd %s\\n' "$fl_place/$1"
  else printf 'w %s: %s\\n' "$fl_place/$1" "$(printf '%s' "$fl_why" | head -n 1)"
  fi
}
fl_remove_file() {
  [ -f "./$1" ] && [ ! -L "./$1" ] || return 0
  case $(fl_sum "./$1") in "$2"*) ;; *) return 0 ;; esac
  if fl_why=$(rm -f -- "./$1" 2>&1); then printf 'd %s\\n' "$fl_place/$1"
  else printf 'w %s: %s\\n' "$fl_place/$1" "$(printf '%s' "$fl_why" | head -n 1)"
  fi
}
${releases
  .map(({ place, names }) =>
    inPlace(
      place,
      true,
      names.map((name) => `fl_remove ${quote(name)}`),
    ),
  )
  .join('\n')}
${inPlace(
  runtime,
  false,
  files.map(({ fileName, sha256 }) => `fl_remove_file ${quote(fileName)} ${quote(sha256.toLowerCase())}`),
)}`,
  );

/** The runtime path may be a link that a swap of directories made; what is taken away there is known by its content. */
const inPlace = ({ words }: Place, refuseLink: boolean, commands: readonly string[]): string =>
  commands.length === 0
    ? ''
    : `fl_place=${words}
if [ -d "$fl_place" ]${refuseLink ? ' && [ ! -L "$fl_place" ]' : ''}; then (
  cd -P -- "$fl_place" 2>/dev/null || exit 0
${commands.map((command) => `  ${command}`).join('\n')}
); fi`;

const speaking = (nonce: string, body: string): string => `fl_main() {
printf '\\n@fairlead ${nonce}\\n' || exit 0
${body}
echo g
}
fl_main # ${nonce}
`;
