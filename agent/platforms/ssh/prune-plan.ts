import type { Releases, TaskContext } from '@fairlead/proto/model/task.ts';

/** Directories that hold one directory for each release, and what each of those may be called. */
export interface PrunePlan {
  /** As written; the last part of the release's own path is cut off. */
  readonly parents: readonly string[];
  /** Plain names of files in the runtime path. */
  readonly files: Releases['files'];
}

/** Epoch milliseconds and three digits: nothing else that lies there was made by a deployment. */
const RELEASE = /^(\d{13})-\d{3}$/;

/** Where to look for what older releases left; null where there is nothing to take away. */
export function prunePlan({ releases, paths }: Pick<TaskContext, 'releases' | 'paths'>): PrunePlan | null {
  if (releases === undefined || releases.since >= releases.before || !RELEASE.test(releases.id)) return null;
  const parents = [paths.backup, paths.staging].flatMap((path) => {
    // Elsewhere the directory is not the release's own, and those beside it are nobody's releases.
    if (!path.endsWith(`/${releases.id}`)) return [];
    const parent = path.slice(0, -releases.id.length - 1);
    return parent === '' || parent.split('/').includes('..') ? [] : [parent];
  });
  return { parents: [...new Set(parents)], files: releases.files.filter(isOurs) };
}

const isOurs = ({ fileName, sha256 }: Releases['files'][number]): boolean =>
  !['', '.', '..'].includes(fileName) && !/[/\0\n\r]/.test(fileName) && /^[0-9a-f]{64}$/i.test(sha256);

/** May the directory of that name go? */
export function isOld(name: string, { id, good, since, before }: Releases): boolean {
  const at = Number(RELEASE.exec(name)?.[1] ?? Number.NaN);
  return at >= since && at < before && name !== id && good.every((each) => each.id !== name);
}
