/** `fairlead executions diff A B`: what was different, shortest first, and where the paths parted. */
import { type DiffSide, type ExecutionDiff, isToldApart, type Parting, type StepSide } from '@fairlead/proto/diff.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import { executionDiff } from '../../api/http/schemas.ts';
import { segment } from '../api-client.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { present, timeText } from '../output.ts';
import { elapsed } from '../style.ts';

export async function diff(context: Context, a: string, b: string): Promise<ExitCode> {
  const result = await context.api.get(`/executions/${segment(a)}/diff/${segment(b)}`, executionDiff);
  present(context.format, result, () => linesOf(result).join('\n'));
  return EXIT.SUCCESS;
}

function linesOf(it: ExecutionDiff): readonly string[] {
  const steps = it.steps.filter(isToldApart).map(({ name, a, b }) => `${name}: ${stepText(a)} → ${stepText(b)}`);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [`definition (revision ${it.a.revision} → ${it.b.revision})`, it.definition.flatMap(definitionLines)],
    ['artifacts', it.artifacts.map(valueLine)],
    ['variables', it.variables.map(valueLine)],
    ['hosts', it.hosts.flatMap(hostLines)],
    ['outputs', it.outputs.map(valueLine)],
    ['steps', steps],
    ['decisions', decisionLines(it)],
  ];
  const told = sections.filter(([, lines]) => lines.length > 0);
  return [
    sideLine('A', it.a),
    sideLine('B', it.b),
    ...(told.length === 0 ? ['No difference: they were made of the same and did the same.'] : []),
    ...told.flatMap(([head, lines]) => [head, ...lines.map((line) => `  ${line}`)]),
  ];
}

function sideLine(letter: string, side: DiffSide): string {
  const took = side.durationMs === null ? 'not ended' : `took ${elapsed(side.durationMs)}`;
  const status = STATUSES[side.status].label;
  return `${letter}  ${side.executionId}  ${side.name}  ${status}  by ${side.actor}, ${timeText(side.startedAt)}, ${took}`;
}

const MOST = 60;
const brief = (value: string | null): string => {
  if (value === null) return '(none)';
  const line = value.replaceAll('\n', '⏎');
  return line.length <= MOST ? line : `${line.slice(0, MOST - 1)}…`;
};

const valueLine = (each: { readonly name: string; readonly a: string | null; readonly b: string | null }): string =>
  `${each.name}: ${brief(each.a)} → ${brief(each.b)}`;

function definitionLines({ kind, name, change, paths }: ExecutionDiff['definition'][number]): readonly string[] {
  if (change !== 'CHANGED') return [`${kind} ${name}: only in ${change === 'ONLY_A' ? 'A' : 'B'}`];
  return paths.map(({ path, a, b }) => valueLine({ name: `${kind} ${name}: ${path}`, a, b }));
}

const someOf = (hosts: readonly string[]): string =>
  hosts.length <= 5 ? hosts.join(', ') : `${hosts.slice(0, 4).join(', ')} and ${hosts.length - 4} more`;

const hostLines = ({ phase, onlyA, onlyB }: ExecutionDiff['hosts'][number]): readonly string[] => [
  ...(onlyA.length === 0 ? [] : [`${phase}: only A: ${someOf(onlyA)}`]),
  ...(onlyB.length === 0 ? [] : [`${phase}: only B: ${someOf(onlyB)}`]),
];

function stepText(side: StepSide | null): string {
  if (side === null) return 'not reached';
  const attempts = side.attempts > 1 ? `, ${side.attempts} attempts` : '';
  return `${STATUSES[side.status].label}${side.durationMs === null ? '' : ` in ${elapsed(side.durationMs)}`}${attempts}`;
}

function decisionLines({ decisions }: ExecutionDiff): readonly string[] {
  if (decisions === null) return [];
  const line = (letter: string, parting: Parting | null): string =>
    parting === null
      ? `${letter}  nothing of its own`
      : `${letter}  #${parting.seq} ${timeText(parting.at)} ${parting.event} ${parting.text} (${parting.input}${parting.actor === null ? '' : ` by ${parting.actor}`})`;
  return [
    `the paths part${decisions.where === null ? '' : ` at ${decisions.where}`}:`,
    line('A', decisions.a),
    line('B', decisions.b),
  ];
}
