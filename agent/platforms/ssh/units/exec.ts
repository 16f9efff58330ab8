import type { ScriptWork } from './script-work.ts';

/** The author's own script. */
export const execute = (unit: {
  readonly script: string;
  readonly shell: 'sh' | 'bash';
  readonly workingDirectory?: string;
}): ScriptWork => ({
  shell: unit.shell,
  script: unit.script,
  directory: unit.workingDirectory ?? null,
  mutates: true,
});
