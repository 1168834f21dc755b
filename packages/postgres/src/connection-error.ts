import { StatusplaneError } from "@statusplane/core";
import pg from "pg";

/**
 * SQLSTATEs that speak of the server's condition, not of the statement: connection (08), sign-in (28), no such
 * database (3D), rolled back for others (40), out of something (53), ended from outside or by a time-out (57),
 * broken files (58); and a standby that is not the primary any more, a lock that was not to be had.
 */
const CONDITIONS = /^(?:08|28|3D|40|53|57|58)|^(?:25006|55P03)$/;
const DISK_FULL = "53100";

/** The same error, or {database_unavailable}, {storage_full} where Postgres cannot do its work now. */
export function asDatabaseError(error: unknown): unknown {
  if (error instanceof StatusplaneError || error instanceof TypeError || error instanceof RangeError)
    return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (!(error instanceof pg.DatabaseError)) {
    return new StatusplaneError("database_unavailable", { detail, cause: error, retryAfterSeconds: 2 });
  }
  if (error.code === DISK_FULL) return new StatusplaneError("storage_full", { detail, cause: error });
  if (!CONDITIONS.test(error.code ?? "")) return error;
  return new StatusplaneError("database_unavailable", { detail, cause: error, retryAfterSeconds: 2 });
}

/**
 * Whether the connection broke under the statement (a pooled one of a restarted server does), or others made it roll
 * back. Not after a time-out: sending it again would double the wait.
 */
export function brokeUnderway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(?:08|40)|^57P0[1-3]$/.test(error.code ?? "");
  return error instanceof Error && !/time-?out/i.test(error.message) && isConnectionLoss(error);
}

function isConnectionLoss(error: Error & { readonly code?: unknown }): boolean {
  if (error.code === "ECONNRESET" || error.code === "EPIPE" || error.code === "ECONNREFUSED") return true;
  return /^Connection terminated|connection error and is not queryable/.test(error.message);
}
