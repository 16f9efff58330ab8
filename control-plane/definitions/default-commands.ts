/** Install, Start and Stop as they are generated for each artifact type (platforms 4.2), and every default of a unit. */
import { mapValues } from './json-values.ts';
import type { LongScript, LongService, LongUnit } from './long-form.ts';
import { readUnit } from './normalize-steps.ts';
import { UNITS } from './schema-units.ts';
import type { ArtifactType } from './schema.ts';

export const RUNTIME = '$WINGS_RUNTIME_PATH';
const READY_WITHIN = '30s';

export const artifactTypeOf = (service: { readonly type: string }): ArtifactType =>
  // The schema knows no other types.
  service.type.slice(service.type.indexOf('/') + 1) as ArtifactType;

/** The service with all its commands written out; `start`, `stop` and `ready` have become part of them. */
export function completeCommands(service: LongService): Readonly<Record<string, readonly LongUnit[]>> {
  const { start, stop, ready, commands = {} } = service;
  const listening: readonly LongUnit[] =
    ready === undefined ? [] : [{ 'port-check-listening': { port: ready.port, within: ready.within ?? READY_WITHIN } }];
  const generated: Record<string, readonly LongUnit[]> = {};
  if (start !== undefined) generated['Start'] = [startUnit(start), ...listening];
  if (stop !== undefined) generated['Stop'] = stopUnits(stop, ready);
  const startsReady = start !== undefined && !Object.hasOwn(commands, 'Start');
  const has = (name: string): boolean => Object.hasOwn(commands, name) || Object.hasOwn(generated, name);
  const install = installUnits(artifactTypeOf(service), {
    stop: has('Stop') ? [{ command: 'Stop' }] : [],
    start: [...(has('Start') ? [{ command: 'Start' }] : []), ...(startsReady ? [] : listening)],
  });
  const all = { ...(install === null ? {} : { Install: install }), ...generated, ...commands };
  return mapValues(all, (units) => units.map(completeUnit));
}

function installUnits(
  type: ArtifactType,
  around: { readonly stop: readonly LongUnit[]; readonly start: readonly LongUnit[] },
): readonly LongUnit[] | null {
  const copy: LongUnit = { scp: { destination: RUNTIME } };
  const between: Readonly<Record<ArtifactType, readonly LongUnit[] | null>> = {
    tar: [copy, exec('Expand Artifact', EXPAND_TAR)],
    zip: [copy, exec('Expand Artifact', 'unzip -o "$ARTIFACT_FILE_NAME"')],
    jar: [copy],
    war: [copy],
    rpm: [copy, exec('Install Package', 'rpm -Uvh --oldpackage --replacepkgs "$ARTIFACT_FILE_NAME"')],
    other: [],
    docker: null,
  };
  const own = between[type];
  if (own === null) return null;
  return [{ 'setup-env': {} }, ...around.stop, ...own, { 'copy-configs': { destination: RUNTIME } }, ...around.start];
}

const exec = (name: string, script: string): LongUnit => ({ exec: { script, in: RUNTIME, shell: 'sh' }, name });

const EXPAND_TAR = `case "$ARTIFACT_FILE_NAME" in
  *.tgz | *.tar.gz) tar -xzf "$ARTIFACT_FILE_NAME" ;;
  *) tar -xf "$ARTIFACT_FILE_NAME" ;;
esac
`;

const startUnit = (start: LongScript): LongUnit => ({
  exec: { script: start.script, in: start.in ?? RUNTIME, shell: start.shell ?? 'sh' },
  name: 'Start',
});

/**
 * Nothing may run yet (first installation), any more (it died), or again (a rollback stops what was stopped already), so
 * a stop script that fails is no proof of anything: where a port is known, that the port is clear is what counts.
 */
function stopUnits(stop: LongScript, ready: LongService['ready']): readonly LongUnit[] {
  const script = `if [ -z "$(ls -A .)" ]; then
  echo 'Nothing is installed here yet: nothing to stop.'
  exit 0
fi
(
${stop.script.trimEnd()}
)
status=$?
${ready === undefined ? STATUS_DECIDES : PORT_DECIDES}`;
  const unit: LongUnit = { exec: { script, in: stop.in ?? RUNTIME, shell: stop.shell ?? 'sh' }, name: 'Stop' };
  if (ready === undefined) return [unit];
  return [unit, { 'port-check-cleared': { port: ready.port, within: ready.within ?? READY_WITHIN } }];
}

const STATUS_DECIDES = `if [ "$status" -eq 127 ]; then
  echo 'What would stop it is not installed: nothing to stop.'
  exit 0
fi
exit "$status"
`;

const PORT_DECIDES = `if [ "$status" -ne 0 ]; then
  echo "The stop script ended with $status; whether the port is clear decides."
fi
exit 0
`;

const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  scp: { destination: RUNTIME },
  'copy-configs': { destination: RUNTIME },
  'download-artifact': { destination: RUNTIME },
  exec: { shell: 'sh' },
  'process-check-running': { within: '0s' },
  'process-check-stopped': { within: '0s' },
  'port-check-listening': { within: '5s' },
  'port-check-cleared': { within: '5s' },
};

function completeUnit(unit: LongUnit): LongUnit {
  const read = readUnit(unit);
  if (read === null) return unit;
  const { key } = read.entry;
  const all: LongUnit = { ...DEFAULTS[key], ...read.parameters };
  const parameters = Object.keys(read.entry.fields).flatMap((field) => {
    const value = all[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  const title = UNITS.find((each) => each.key === key)?.title ?? key;
  const command = key === 'command' ? read.parameters['command'] : undefined;
  return { [key]: Object.fromEntries(parameters), name: read.common['name'] ?? command ?? title };
}
