/** Failures of a request, before anything starts. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';

export const refuse = (field: string, reason: string, mend: string, existing: readonly string[] = []): Failure =>
  failure('INVALID_INPUT', `${reason}. ${mend}`, {
    field,
    details: { mend, ...(existing.length === 0 ? {} : { existing }) },
  });

/** What several parts of a request have in common is told once. */
export const distinct = (failures: readonly Failure[]): readonly Failure[] => [
  ...new Map(failures.map((each) => [`${each.field}\n${each.message}`, each])).values(),
];
