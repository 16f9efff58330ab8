import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { FAILURE_CODES, FAILURES, failure, FailureError, type Failure, type FailureCode } from '../../model/failure.ts';

/** Carries the failure itself, as JSON in bytes: a status has no room for our code, and its text must be ASCII. */
const FAILURE_KEY = 'fairlead-failure-bin';

/** A failure as the status of a call. */
export function statusOf(failed: Failure): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  metadata.set(FAILURE_KEY, Buffer.from(JSON.stringify(failed)));
  return { code: FAILURES[failed.code].grpc, details: failed.message, metadata };
}

/** What a thrown error is to a caller: its own failure, or a bug of ours that says nothing of our insides. */
export const failureOf = (error: unknown): Failure =>
  error instanceof FailureError ? error.failures[0] : failure('INTERNAL', 'a bug in the control plane ended this call');

/** The failure in a call's status; without one, what gRPC itself had to say. */
export function failureFrom(error: Pick<ServiceError, 'code' | 'details' | 'metadata'>): FailureError {
  const [carried] = error.metadata.get(FAILURE_KEY);
  if (Buffer.isBuffer(carried)) {
    // Written by statusOf at the other end; an unknown code of a newer release becomes the nearest known one.
    const read = JSON.parse(carried.toString()) as Failure;
    return new FailureError(FAILURE_CODES.includes(read.code) ? read : { ...read, code: codeFrom(error.code) });
  }
  return new FailureError(
    failure(codeFrom(error.code), `the connection to the control plane failed: ${error.details}`),
  );
}

function codeFrom(code: status): FailureCode {
  if (code === status.UNAUTHENTICATED) return 'UNAUTHENTICATED';
  if (code === status.PERMISSION_DENIED) return 'FORBIDDEN';
  return code === status.INVALID_ARGUMENT ? 'INVALID_INPUT' : 'UNAVAILABLE';
}
