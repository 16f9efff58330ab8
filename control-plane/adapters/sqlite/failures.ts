import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/** The driver's errors are told by their `code`: its class is made without a module of its own to import. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return error.code.startsWith('SQLITE_') ? error.code : null;
}

/** A statement that could not be done as asked; the file and the transaction around it are sound. */
export function concernsOnlyOneStatement(error: unknown): boolean {
  const code = codeOf(error);
  return code === null || /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)/.test(code);
}

export const isBusy = (error: unknown): boolean => codeOf(error)?.startsWith('SQLITE_BUSY') === true;

/** Vendor errors become UNAVAILABLE with their cause kept; broken constraints and everything else are bugs and stay. */
export function mapError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === null || concernsOnlyOneStatement(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  return unavailable(`The embedded store failed (${code}): ${reasonOf(code) ?? text}.`, error);
}

export function unavailable(message: string, cause?: unknown): FailureError {
  return Object.assign(new FailureError(failure('UNAVAILABLE', message)), cause === undefined ? {} : { cause });
}

function reasonOf(code: string): string | null {
  if (code.startsWith('SQLITE_FULL')) return 'the disk of the data directory is full';
  if (code.startsWith('SQLITE_IOERR')) return 'the disk of the data directory does not read or write';
  if (code.startsWith('SQLITE_READONLY')) return 'the data directory cannot be written';
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'its file is damaged';
  if (isBusyCode(code)) return 'another program has locked its file';
  return null;
}

const isBusyCode = (code: string): boolean => code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
