/** What differs between two executions, as rows of two columns. */
import type { ExecutionDiff, Parting, ValueDiff } from '@fairlead/proto/diff.ts';
import { elapsedText } from './time-text.ts';

const NOT_THERE = { ONLY_A: { a: 'defined', b: null }, ONLY_B: { a: null, b: 'defined' } } as const;

export const definitionRows = ({ definition }: ExecutionDiff): readonly ValueDiff[] =>
  definition.flatMap(({ kind, name, change, paths }) =>
    change === 'CHANGED'
      ? paths.map(({ path, a, b }) => ({ name: `${kind} ${name}: ${path}`, a, b }))
      : [{ name: `${kind} ${name}`, ...NOT_THERE[change] }],
  );

export const hostRows = ({ hosts }: ExecutionDiff): readonly ValueDiff[] =>
  hosts.map(({ phase, onlyA, onlyB }) => ({
    name: phase,
    a: onlyA.length === 0 ? null : onlyA.join(', '),
    b: onlyB.length === 0 ? null : onlyB.join(', '),
  }));

/** The first thing that was decided otherwise. */
export function partingRows({ decisions, a, b }: ExecutionDiff): readonly ValueDiff[] {
  if (decisions === null) return [];
  return [
    {
      name: decisions.where ?? 'the execution',
      a: decisions.a === null ? null : partingText(decisions.a, a.startedAt),
      b: decisions.b === null ? null : partingText(decisions.b, b.startedAt),
    },
  ];
}

function partingText({ event, text, input, actor, at }: Parting, startedAt: number): string {
  const what = text === '' ? event : `${event}: ${text}`;
  const from = actor === null ? input : `${input}, by ${actor}`;
  return `${what}\n${from}, ${elapsedText(at - startedAt)} after its start`;
}
