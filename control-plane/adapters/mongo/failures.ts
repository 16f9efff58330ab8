import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoSystemError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/** Of the server's codes, those that say "not now" or "not here": another primary, shutting down, out of room. */
const AWAY = new Set([
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 202, 262, 317, 358, 384, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
  14031,
]);
const LOGIN_REFUSED = new Set([13, 18, 8000]);
const DUPLICATE_KEY = 11000;

export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY && !lacksMajority(error);

/** It was written, but not known to be written by a majority. */
function lacksMajority(error: unknown): boolean {
  if (error instanceof MongoWriteConcernError) return true;
  return error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined;
}

/** Vendor errors become UNAVAILABLE with their cause kept; everything else is a bug and stays as it is. */
export function mapError(error: unknown): unknown {
  if (error instanceof MongoServerError && typeof error.code === 'number' && LOGIN_REFUSED.has(error.code)) {
    return unavailable(`The database refuses the login or its rights: ${error.message}`, error);
  }
  return isAway(error) && error instanceof Error
    ? unavailable(`The database cannot be reached or did not answer: ${error.message}`, error)
    : error;
}

export function unavailable(message: string, cause?: unknown): FailureError {
  return Object.assign(new FailureError(failure('UNAVAILABLE', message)), cause === undefined ? {} : { cause });
}

function isAway(error: unknown): boolean {
  if (
    error instanceof MongoNetworkError ||
    error instanceof MongoSystemError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoClientClosedError ||
    error instanceof MongoOperationTimeoutError ||
    lacksMajority(error)
  ) {
    return true;
  }
  if (!(error instanceof MongoServerError)) return false;
  // A bulk write wraps what interrupted it.
  const inner: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : null;
  if (inner !== null && inner !== error && isAway(inner)) return true;
  return error.hasErrorLabel('RetryableWriteError') || (typeof error.code === 'number' && AWAY.has(error.code));
}
