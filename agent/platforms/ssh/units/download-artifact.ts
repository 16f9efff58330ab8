import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { quote } from '../../shell/quote.ts';
import type { ScriptWork } from './script-work.ts';

/**
 * The host fetches the artifact itself: by the author's script, or from the artifact's own address with curl or wget.
 * The directory must exist.
 */
export function downloadArtifact(
  unit: { readonly destination: string; readonly script?: string },
  artifact: ArtifactRef | null,
  headers: Readonly<Record<string, string>>,
): ScriptWork {
  if (unit.script !== undefined && unit.script.trim() !== '') {
    return { shell: 'sh', directory: unit.destination, mutates: true, script: unit.script };
  }
  if (artifact === null) throw new FailureError(failure('NO_ARTIFACT', 'there is no artifact to download'));
  if (!/^https?:\/\//.test(artifact.location)) {
    throw new FailureError(
      failure(
        'UNSUPPORTED',
        `a host cannot download '${artifact.location}': it is no http(s) address; give the unit a script`,
      ),
    );
  }
  const part = quote(`.${artifact.fileName}.part`);
  const curl = [`url = ${configValue(artifact.location)}`];
  const wget: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    curl.push(`header = ${configValue(`${name}: ${value}`)}`);
    wget.push(`header = ${name}: ${value}`);
  }
  return {
    shell: 'sh',
    directory: unit.destination,
    mutates: true,
    // Headers may be secrets: they go through files that only the owner reads.
    script: `umask=$(umask)
if command -v curl >/dev/null 2>&1; then
  printf '%s\\n' ${quote(curl.join('\n'))} | curl --fail --silent --show-error --location --max-redirs 5 --config - --output ${part} || exit
elif command -v wget >/dev/null 2>&1; then
  umask 077; printf '%s\\n' ${quote(wget.join('\n'))} > "$fairlead_claim"/wgetrc; umask "$umask"
  WGETRC="$fairlead_claim"/wgetrc wget -q -O ${part} ${quote(artifact.location)}
  status=$?; rm -f "$fairlead_claim"/wgetrc; [ "$status" = 0 ] || exit "$status"
else echo 'curl: not found' >&2; exit 127
fi
${artifact.sha256 === null ? '' : verify(part, artifact.sha256)}mv -f ${part} ${quote(artifact.fileName)} && ls -l ${quote(artifact.fileName)}`,
    explain: (status) =>
      status === 65
        ? failure(
            'CHECKSUM_MISMATCH',
            `what the host downloaded is not ${artifact.fileName} of build ${artifact.build}`,
          )
        : null,
  };
}

const verify = (
  part: string,
  sha256: string,
): string => `if command -v sha256sum >/dev/null 2>&1; then sum=$(sha256sum < ${part})
elif command -v shasum >/dev/null 2>&1; then sum=$(shasum -a 256 < ${part})
elif command -v openssl >/dev/null 2>&1; then sum=$(openssl dgst -sha256 -r < ${part})
else echo 'sha256sum: not found' >&2; exit 127
fi
case $sum in ${sha256}*) ;; *) rm -f ${part}; exit 65 ;; esac
`;

const configValue = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
