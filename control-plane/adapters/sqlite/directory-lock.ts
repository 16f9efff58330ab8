import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'libsql';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { isBusy, mapError } from './failures.ts';

/** Held for as long as the process lives; the operating system frees it, whatever ends the process. */
export interface DirectoryLock {
  release(): void;
}

/**
 * One process per data directory: an exclusive transaction, never ended, on a file made for nothing else. The number
 * beside it only tells a person whom to stop.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const numberFile = join(directory, 'lock.pid');
  const driver = new Driver(join(directory, 'lock.db'));
  try {
    driver.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    driver.close();
    if (!isBusy(error)) throw mapError(error);
    const holder = readNumber(numberFile);
    throw Object.assign(
      new FailureError(
        failure(
          'STORE_LOCKED',
          `Another process${holder === null ? '' : ` (${holder})`} already uses the data directory ${directory}.`,
          { details: { directory, ...(holder === null ? {} : { process: holder }) } },
        ),
      ),
      { cause: error },
    );
  }
  writeFileSync(numberFile, `${process.pid}\n`);
  return {
    release() {
      driver.exec('ROLLBACK');
      driver.close();
    },
  };
}

function readNumber(file: string): number | null {
  try {
    const number = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isNaN(number) ? null : number;
  } catch {
    return null;
  }
}
