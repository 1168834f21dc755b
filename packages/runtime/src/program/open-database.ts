import { faultFields } from "@statusplane/core";
import {
  openEmbeddedDatabase,
  openServerDatabase,
  type Database,
  type MigrationList,
} from "@statusplane/postgres";
import type { Logger } from "pino";
import type { Role } from "../config/config.ts";
import type { Values } from "../config/variables.ts";

export interface OpenDatabaseOptions {
  readonly values: Values;
  readonly role: Role;
  readonly migrations: readonly MigrationList[];
  readonly log: Pick<Logger, "warn">;
  /** The embedded database is gone. */
  readonly onFatal: (error: Error) => void;
  /** Default true. */
  readonly migrateAtOpen?: boolean;
}

/**
 * Connects to a server, or opens the embedded database of `DATA_DIR`.
 * @param url of the server; null: embedded.
 */
export function openDatabase(
  url: string | null,
  { values, role, migrations, log, onFatal, migrateAtOpen = true }: OpenDatabaseOptions,
): Promise<Database> {
  const common = {
    schema: values.DB_SCHEMA,
    ...{ migrations, migrateAtOpen },
    resultInlineMaxBytes: values.RESULT_INLINE_MAX_BYTES,
    committerGraceMs: values.TIMINGS.committerGraceMs,
    onConnectionError: (error: Error) => log.warn(faultFields(error), "idle database connection lost"),
  };
  if (url === null) {
    return openEmbeddedDatabase({ ...common, dataDir: values.DATA_DIR, onFailure: onFatal });
  }
  return openServerDatabase({
    ...common,
    url,
    connMaxAgeSeconds: values.DB_CONN_MAX_AGE,
    poolMax: values.DB_POOL_MAX,
    requestTimeoutMs: values.TIMINGS.databaseDeadlineMs,
    connectTimeoutMs: values.TIMINGS.databaseDeadlineMs,
    // a worker answers no requests; an api process has nothing in the background but the reconciler
    ...(role === "worker" ? { backgroundPoolMax: values.DB_POOL_MAX } : {}),
    ...(role === "api" ? { backgroundPoolMax: 1 } : {}),
  });
}
