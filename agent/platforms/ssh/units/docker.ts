import { quote } from '../../shell/quote.ts';
import type { ScriptWork } from './script-work.ts';

const TOOL = `if command -v docker >/dev/null 2>&1; then tool=docker
elif command -v podman >/dev/null 2>&1; then tool=podman
else echo 'docker: not found' >&2; exit 127
fi`;

/** Logs in where there is a user, runs the image in the background, logs out. */
export function startContainer(unit: {
  readonly image: string;
  readonly options?: string;
  readonly registry?: string;
  readonly user?: string;
  readonly password?: string;
}): ScriptWork {
  const registry = unit.registry === undefined ? '' : ` ${quote(unit.registry)}`;
  const login =
    unit.user === undefined
      ? []
      : [
          // The password is in a file only its owner reads, and on a pipe; never in a command line.
          `printf '%s' ${quote(unit.password ?? '')} | "$tool" login --username ${quote(unit.user)} --password-stdin${registry} || exit`,
        ];
  return {
    shell: 'sh',
    directory: null,
    mutates: true,
    script: [
      TOOL,
      ...login,
      `"$tool" run -d ${unit.options ?? ''} ${quote(unit.image)}`,
      'status=$?',
      ...(unit.user === undefined ? [] : [`"$tool" logout${registry}`]),
      '(exit "$status")',
    ].join('\n'),
  };
}

/** Stops all containers of the image; there may be none. */
export const stopContainers = (unit: { readonly image: string }): ScriptWork => ({
  shell: 'sh',
  directory: null,
  mutates: true,
  script: `${TOOL}
containers=$("$tool" ps -q --filter ${quote(`ancestor=${unit.image}`)}) || exit
if [ -z "$containers" ]; then echo 'no container of it runs'
else printf '%s\\n' "$containers" | while read -r container; do "$tool" stop "$container" || exit; done
fi`,
});
