/** Words with a meaning of their own: no variable, property or published name may be one (orchestration 1.2). */
export const RESERVED_WORDS = [
  'or',
  'and',
  'eq',
  'ne',
  'lt',
  'gt',
  'le',
  'ge',
  'div',
  'mod',
  'not',
  'null',
  'true',
  'false',
  'new',
  'var',
  'return',
  'empty',
  'size',
  'shellScriptProvisioner',
  // Of the machine: an object would lose what is stored under it.
  '__proto__',
] as const;

/** Roots that are part of the language; they cannot be published under, and no scope can shadow them. */
export const FUNCTOR_NAMES = ['regex', 'json', 'xml', 'aws', 'context', 'secrets', 'configFile', 'jsonpath'] as const;

/** Names that a step may not publish its outputs under (orchestration 4.9), because a platform publishes there. */
export const RESERVED_PUBLISH_NAMES = [
  ...FUNCTOR_NAMES,
  'arm',
  'ami',
  'host',
  'terragrunt',
  'terraform',
  'shellScriptProvisioner',
  'deploymentInstanceData',
  'k8s',
  'terraformPlan',
  'terraformApply',
  'terraformDestroy',
  'CloudFormationCompletionFlag',
  'ecsAllPhaseRollbackDone',
  'pcfDeploySweepingOutput',
  'setupSweepingOutputAppService',
  'setupSweepingOutputEcs',
  'deploySweepingOutputEcs',
  'runTaskDeploySweepingOutputEcs',
  'setupSweepingOutputAmi',
  'setupSweepingOutputAmiAlb',
  'setupSweepingOutputSpotinst',
  'setupSweepingOutputSpotinstAlb',
  'Azure VMSS all phase rollback',
  'Elastigroup all phase rollback',
  'var',
] as const;

const VARIABLE_NAME = /^[A-Za-z0-9_]+$/;
const reservedWords: ReadonlySet<string> = new Set(RESERVED_WORDS);
const reservedPublishNames: ReadonlySet<string> = new Set(RESERVED_PUBLISH_NAMES);

export const isReservedWord = (text: string): boolean => reservedWords.has(text);

/** May a workflow, service or approval variable be called so? Letters, digits and `_`, and no reserved word. */
export const isVariableName = (text: string): boolean => VARIABLE_NAME.test(text) && !reservedWords.has(text);

/** May a step publish its outputs under this name? */
export const isPublishName = (text: string): boolean => isVariableName(text) && !reservedPublishNames.has(text);

/** The existing name that was probably meant, or null: at most a third of the characters may differ. */
export function nearestName(wanted: string, existing: readonly string[]): string | null {
  let nearest: string | null = null;
  if (wanted.length > 100) return null;
  let fewest = (wanted.length < 3 ? 0 : Math.max(1, Math.floor(wanted.length / 3))) + 1;
  for (const name of existing.slice(0, 1_000)) {
    if (Math.abs(name.length - wanted.length) >= fewest) continue;
    const edits = countEdits(wanted.toLowerCase(), name.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest;
}

/** Insertions, removals, replacements and swaps of neighbors that turn one word into the other. */
function countEdits(from: string, to: string): number {
  let before: number[] = [];
  let previous: number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    before = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
