import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { ShellScriptParameters } from '@fairlead/proto/steps/general.ts';
import type { Attempt } from '../platform.ts';
import { runClaimedUnit } from './claimed-unit.ts';
import { explainExit, Tail } from './explain-exit.ts';
import type { Host } from './host.ts';
import { outputsOf } from './script-outputs.ts';
import { stoppedResult } from './stop-reason.ts';

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
  const failed = (problem: Failure): AttemptResult => {
    attempt.log.info(`On ${host.name}: ${problem.message}`);
    return { outcome: 'FAILED', failure: problem, touched };
  };
  const problem = explainExit(end, tail, host.name);
  if (problem !== null) return failed(problem);
  const given = outputsOf(names, end.end === 'exited' ? end.values : new Map());
  if (!given.ok) return failed(given.failure);
  await attempt.record('script:result', {});
  return { outcome: 'SUCCESS', outputs: given.outputs, touched };
}
