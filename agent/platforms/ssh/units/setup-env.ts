import type { ScriptWork } from './script-work.ts';

/** Makes the runtime, backup and staging directories. */
export const setupEnvironment = (): ScriptWork => ({
  shell: 'sh',
  directory: '$HOME',
  mutates: true,
  script: `for directory in "$WINGS_RUNTIME_PATH" "$WINGS_BACKUP_PATH" "$WINGS_STAGING_PATH"; do
  mkdir -p -- "$directory" || exit 1
  printf '%s\\n' "$directory"
done`,
});
