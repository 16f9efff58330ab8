/** What waits for a person in an execution. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { WaitingView } from '@fairlead/proto/live.ts';
import type { Execution } from '../engine/execution.ts';
import { nameOfRun, planOfRun, planOfStep } from '../engine/plan-of.ts';
import { asksForInputs } from '../engine/rules/late-planning.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';

/** Everything of the execution that goes on only when somebody answers. */
export function waitingForPeople(execution: Execution): readonly WaitingView[] {
  return execution.runs.flatMap((run): readonly WaitingView[] => {
    const plan = planOfRun(execution, run);
    const where = nameOfRun(plan);
    const steps = waitingSteps(run).flatMap(({ id, waiting }): readonly WaitingView[] => {
      if (waiting.on !== 'APPROVAL' && waiting.on !== 'INTERVENTION') return [];
      const { name } = planOfStep(execution, id);
      const { since, until } = waiting;
      if (waiting.on === 'INTERVENTION') {
        return [
          {
            kind: 'INTERVENTION',
            id,
            name,
            where,
            since,
            until,
            groups: [],
            onTimeout: null,
            variables: [],
            message: waiting.failure.message,
          },
        ];
      }
      const variables = Object.entries(waiting.variables).map(([variable, initial]) => ({
        name: variable,
        type: 'text' as const,
        required: false,
        default: initial,
        values: [],
        pattern: null,
        description: '',
      }));
      const mayRollBack = plan.type !== 'APPROVAL';
      return [
        {
          kind: mayRollBack ? 'APPROVAL' : 'APPROVAL_STAGE',
          id,
          name,
          where,
          since,
          until,
          groups: waiting.groups,
          onTimeout: 'EXPIRES',
          variables,
          message: null,
        },
      ];
    });
    if (!asksForInputs(run) || run.inputs === null) return steps;
    const { groups = [], variables = [], onTimeout = 'END' } = plan.inputs ?? {};
    const asked = variables.map(({ pattern = null, ...variable }) => ({ ...variable, pattern }));
    const { since, until } = run.inputs;
    return [
      ...steps,
      {
        kind: 'INPUTS',
        id: run.id,
        name: where,
        where,
        since,
        until: until ?? since,
        groups,
        onTimeout: onTimeout === 'DEFAULTS' ? 'DEFAULTS' : 'EXPIRES',
        variables: asked,
        message: null,
      },
    ];
  });
}

/** The one that is meant: named by its id or its name, or the only one there is. */
export function whichWaits(
  execution: Execution,
  kinds: readonly WaitingView['kind'][],
  wanted: string | undefined,
): WaitingView | null {
  const waiting = waitingForPeople(execution).filter((each) => kinds.includes(each.kind));
  const isMeant = ({ id, name, where }: WaitingView): boolean => [id, name, where].includes(wanted ?? id);
  const fitting = waiting.filter(isMeant);
  const [only, ...others] = fitting;
  if (others.length === 0) return only ?? null;
  const existing = fitting.map((each) => each.id);
  const why = `several wait in ${execution.id}: name one of ${existing.join(', ')}`;
  throw new FailureError(failure('INVALID_INPUT', why, { field: 'step', details: { existing } }));
}
