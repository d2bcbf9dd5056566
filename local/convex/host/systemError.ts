import Database from "libsql";
import { PlatformError } from "./functionErrors.ts";

/**
 * A failure of the deployment, not of the function: Convex answers such a call with an HTTP status and a code, closes the
 * socket that made it, and throws its message into a calling action.
 */
export class SystemError extends PlatformError {
  constructor(
    readonly status: 429 | 500 | 503,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "SystemError";
  }
}

/** A failure of SQLite, such as a full disk, as the callers learn of it: nothing was written, and reads go on. */
export function storageFailure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  return new SystemError(
    503,
    "DatabaseNotWritable",
    `The deployment could not write to its database (${error.code}: ${error.message}). Nothing of this call was written; make room on the disk and call again.`,
  );
}
