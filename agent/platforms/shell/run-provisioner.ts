import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { ProvisionerParameters } from '@fairlead/proto/steps/provisioner.ts';
import type { Attempt } from '../platform.ts';
import { runClaimedUnit } from './claimed-unit.ts';
import { explainExit, Tail } from './explain-exit.ts';
import type { Host } from './host.ts';
import { quote } from './quote.ts';
import { stoppedResult } from './stop-reason.ts';

/** The shell variable in which the wrapper finds what the script wrote. */
const OUTPUT = 'fairlead_provisioned';
const OUTPUT_BYTES = 64 * 1_024;
const INTENT = 'provisioner:intent';

/**
 * A provisioner's script, in a shell of its own so that it may exit when it likes. What it is about to do stands in the
 * journal before it begins: a rollback takes it back even when nobody ever hears how it ended.
 */
export async function runProvisioner(
  attempt: Attempt,
  host: Host,
  { provisioner, action, script, inputs }: ProvisionerParameters,
): Promise<AttemptResult> {
  const begunBefore = attempt.recorded.some((record) => record.name === INTENT);
  const exports: Record<string, string> = { ...host.exports };
  for (const [name, value] of Object.entries(inputs)) exports[name] = quote(await host.text(value));
  const body = await host.text(script);
  const tail = new Tail((text) => attempt.mask(text));
  if (!begunBefore) await attempt.checkpoint(INTENT, { provisioner, action });
  const end = await runClaimedUnit(attempt, host.transport, {
    base: host.claims,
    unit: 0,
    units: 1,
    shell: 'bash',
    exports,
    directory: { words: host.path('$WINGS_RUNTIME_PATH'), required: false },
    script: wrapped(body),
    outputs: [OUTPUT],
    listen: (bytes, stream) => tail.push(bytes, stream),
  });
  const touched = begunBefore || (end.end !== 'not-started' && !('began' in end && !end.began));
  if (end.end === 'stopped') return stoppedResult(attempt, touched, end.confirmed, host.name);
  if (end.end === 'canceled') return stoppedResult(attempt, touched, true, host.name);
  const problem = explainExit(end, tail, host.name);
  const read = end.end === 'exited' ? outputsIn(end.values.get(OUTPUT), provisioner) : NOTHING;
  const failed = problem ?? read.failure;
  if (failed !== null) {
    attempt.log.info(`${provisioner}: ${failed.message}`);
    return { outcome: 'FAILED', failure: failed, touched };
  }
  await attempt.record('provisioner:result', {});
  return { outcome: 'SUCCESS', outputs: read.values, touched };
}

const wrapped = (script: string): string => `export PROVISIONER_OUTPUT_PATH="$fairlead_claim"/provisioned.json
(
${script}
)
fairlead_exit=$?
[ "$fairlead_exit" -eq 0 ] || exit "$fairlead_exit"
${OUTPUT}=
[ ! -f "$PROVISIONER_OUTPUT_PATH" ] || ${OUTPUT}=$(cat "$PROVISIONER_OUTPUT_PATH")
`;

interface Read {
  readonly values: JsonObject;
  readonly failure: Failure | null;
}

const NOTHING: Read = { values: {}, failure: null };

function outputsIn(bytes: Buffer | undefined, provisioner: string): Read {
  const text = (bytes ?? Buffer.alloc(0)).toString('utf8').trim();
  if (text === '') return NOTHING;
  const refused = (problem: Failure): Read => ({ values: {}, failure: problem });
  if (text.length > OUTPUT_BYTES) {
    return refused(failure('TOO_LARGE', `the outputs of ${provisioner} are over ${OUTPUT_BYTES} bytes`));
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return { values: parsed as JsonObject, failure: null }; // What JSON.parse gives is JSON.
    }
  } catch {
    // Told below, like every other text that is no object.
  }
  return refused(failure('OUTPUT_MISSING', `${provisioner} wrote no JSON object to $PROVISIONER_OUTPUT_PATH`));
}
