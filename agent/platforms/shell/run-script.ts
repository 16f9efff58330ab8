import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { ShellScriptParameters } from '@fairlead/proto/steps/general.ts';
import type { Attempt } from '../platform.ts';
import { runClaimedUnit } from './claimed-unit.ts';
import { explainExit, Tail } from './explain-exit.ts';
import type { Host } from './host.ts';
import { stoppedResult } from './stop-reason.ts';

/** As much of one output as a step may publish. */
const OUTPUT_BYTES = 64 * 1_024;

/** One script of the author's at one place; its exit status decides, and named shell variables are its outputs. */
export async function runScript(
  attempt: Attempt,
  host: Host,
  parameters: ShellScriptParameters,
): Promise<AttemptResult> {
  const names = Object.keys(parameters.outputs);
  const touchedBefore = attempt.recorded.some((record) => record.name === 'script:intent');
  const directory = parameters.workingDirectory === undefined ? '' : await host.text(parameters.workingDirectory);
  const script = await host.text(parameters.script);
  const tail = new Tail((text) => attempt.mask(text));
  await attempt.record('script:intent', { on: host.name });
  const end = await runClaimedUnit(attempt, host.transport, {
    base: host.claims,
    unit: 0,
    units: 1,
    shell: parameters.shell,
    exports: host.exports,
    directory:
      directory.trim() === ''
        ? { words: host.path('$WINGS_RUNTIME_PATH'), required: false }
        : { words: host.path(directory), required: true },
    script,
    outputs: names,
    listen: (bytes, stream) => tail.push(bytes, stream),
  });
  if (end.end === 'stopped') return stoppedResult(attempt, end.began || touchedBefore, end.confirmed, host.name);
  if (end.end === 'canceled') return stoppedResult(attempt, end.began || touchedBefore, true, host.name);
  const touched = touchedBefore || end.end !== 'not-started';
  const problem =
    explainExit(end, tail, host.name) ?? (end.end === 'exited' ? missingOutputs(names, end.values) : null);
  if (problem !== null) {
    attempt.log.info(`On ${host.name}: ${problem.message}`);
    return { outcome: 'FAILED', failure: problem, touched };
  }
  const values = end.end === 'exited' ? end.values : new Map<string, Buffer>();
  const outputs: Record<string, string> = {};
  for (const name of names) outputs[name] = (values.get(name) ?? Buffer.alloc(0)).toString('utf8');
  await attempt.record('script:result', {});
  return { outcome: 'SUCCESS', outputs, touched };
}

function missingOutputs(names: readonly string[], values: ReadonlyMap<string, Buffer>): Failure | null {
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) {
    return failure(
      'OUTPUT_MISSING',
      `the script ended without setting ${missing.join(', ')}; a script that calls exit loses all of its outputs`,
      { details: { missing } },
    );
  }
  const large = names.filter((name) => (values.get(name)?.length ?? 0) > OUTPUT_BYTES);
  return large.length === 0 ? null : failure('TOO_LARGE', `outputs over ${OUTPUT_BYTES} bytes: ${large.join(', ')}`);
}
