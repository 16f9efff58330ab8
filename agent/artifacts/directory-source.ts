import { readdir } from 'node:fs/promises';
import { basename, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { buildPattern } from './match.ts';
import type { ArtifactVersion } from './version.ts';

/** Files of a directory of the agent's machine; a pattern with a slash looks below it as well. */
export async function directoryVersions(source: {
  readonly path: string;
  readonly match: string;
}): Promise<ArtifactVersion[]> {
  const buildOf = buildPattern(source.match);
  const recursive = source.match.includes('/');
  const entries = await readdir(source.path, { withFileTypes: true, recursive }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new FailureError(
        failure(
          'ARTIFACT_UNAVAILABLE',
          `the artifact directory ${source.path} cannot be read: ${error.code ?? error.message}`,
        ),
      );
    },
  );
  const versions: ArtifactVersion[] = [];
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const location = relative(source.path, join(entry.parentPath, entry.name)).split(sep).join('/');
    const build = buildOf(location);
    if (build !== null) versions.push({ build, fileName: basename(location), location, sha256: null, metadata: {} });
  }
  return versions;
}

/** The file a location names; never one outside the directory. */
export function directoryFile(directory: string, location: string): string {
  const path = normalize(location);
  if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) {
    throw new FailureError(failure('INVALID_INPUT', `'${location}' leads out of the artifact directory ${directory}`));
  }
  return join(directory, path);
}
