import type {
  ReconcilerRecords,
  RequestRecords,
  ViewFlushRecords,
  ViewRecords,
  WorkerRecords,
} from "@statusplane/core";
import { DEFAULT_TIMINGS } from "@statusplane/core";
import {
  Connections,
  type ConnectionsOptions,
  type Query,
  type QueryAnswer,
  type Transaction,
} from "./connections.ts";
import { expireAllLeases } from "./lease-rows.ts";
import {
  migrate,
  migrationStatus,
  type Migration,
  type MigrationList,
  type MigrationStatus,
} from "./migrate.ts";
import { reconcilerRecords, requestRecords, viewRecords, workerRecords } from "./records.ts";
import { DEFAULT_SCHEMA, PLATFORM, schemaNames } from "./schema-names.ts";
import { readServerSettings, type ServerSettings } from "./server-settings.ts";
import type { Context } from "./settings.ts";
import type { StatementCause, StatementCounts } from "./statement.ts";

/** What both modes of the database take. */
export interface RecordOptions {
  /**
   * The schema of the platform's tables, made if missing; each migration list's is `{schema}_{list}`. `a-z`, `0-9`, `_`,
   * at most 31. Installations of one database differ in it. Default `statusplane`.
   */
  readonly schema?: string;
  /** Tables of the application's own, brought up to date after the platform's. Default: none. */
  readonly migrations?: readonly MigrationList[];
  /** Whether opening brings the tables up to date. Default true; false: only {@link Database.migrate} does. */
  readonly migrateAtOpen?: boolean;
  /** A larger result stays in the row until `findResult` reads it, bytes. Default 8,192. */
  readonly resultInlineMaxBytes?: number;
  /** How long a committer has to write status store and queue itself before the relay does, ms. Default 2,000. */
  readonly committerGraceMs?: number;
  /** Told when an idle connection breaks; the next statement takes another. Default: nobody. */
  readonly onConnectionError?: (error: Error) => void;
}

/** The permanent store of one process: the ports, and statements of the application's own. */
export interface Database {
  /** For the runner. */
  readonly worker: WorkerRecords;
  /** For request routes. */
  readonly requests: RequestRecords;
  /** For the reconciler. */
  readonly reconciler: ReconcilerRecords;
  /** For routes of views, and for their flusher. */
  readonly views: ViewRecords & ViewFlushRecords;
  /** Statements sent so far, by cause. */
  readonly statements: StatementCounts;
  /** Connections of this process now. */
  connections(): { readonly open: number; readonly idle: number; readonly waiting: number };
  /** Sends a statement of the application. @throws {database_unavailable | storage_full} */
  query(cause: StatementCause, query: Query): Promise<QueryAnswer>;
  /**
   * Runs `work` between BEGIN and COMMIT; whatever it throws rolls back. In it everything must go through the given
   * transaction: in embedded mode there is only that one connection.
   * @throws {database_unavailable | storage_full} after a failed COMMIT the outcome is unknown.
   */
  transaction<T>(cause: StatementCause, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Applies the numbered `.sql` files that this database has not seen, the platform's and then each list's of the
   * application. @returns what was applied now.
   * @throws {database_unavailable}; an Error naming the file whose SQL fails.
   */
  migrate(): Promise<readonly Migration[]>;
  /** All those files, and which are applied; changes nothing. @throws {database_unavailable} */
  migrationStatus(): Promise<readonly MigrationStatus[]>;
  /** How the server is set up; one statement. @throws {database_unavailable} */
  serverSettings(): Promise<ServerSettings>;
  /** Ends all leases, the reconciler's too: only for whoever knows that no other process lives. */
  expireAllLeases(): Promise<void>;
  /** Waits for statements under way. A second close does nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const PLATFORM_MIGRATIONS: MigrationList = {
  name: PLATFORM,
  folder: new URL("../migrations/", import.meta.url),
};

/**
 * Connects, brings the tables up to date, and answers the ports over the connections.
 * @throws {RangeError} for a schema or list that cannot be called so.
 */
export async function openDatabase(
  options: Omit<ConnectionsOptions, "onConnectionError" | "applicationName" | "schemas"> & RecordOptions,
): Promise<Database> {
  const schemas = schemaNames(options.schema ?? DEFAULT_SCHEMA);
  const lists = [PLATFORM_MIGRATIONS, ...(options.migrations ?? [])];
  const connections = new Connections({
    ...options,
    schemas,
    applicationName: "statusplane",
    onConnectionError: options.onConnectionError ?? (() => undefined),
  });
  const context: Context = {
    send: (statement, values) => connections.send(statement, values),
    resultInlineMaxBytes: options.resultInlineMaxBytes ?? 8_192,
    committerGraceMs: options.committerGraceMs ?? DEFAULT_TIMINGS.committerGraceMs,
  };
  try {
    if (options.migrateAtOpen !== false) await migrate(connections, schemas, lists);
  } catch (error) {
    await connections.close();
    throw error;
  }
  return {
    worker: workerRecords(context),
    requests: requestRecords(context),
    reconciler: reconcilerRecords(context),
    views: viewRecords(context),
    statements: connections.counts,
    connections: () => connections.numbers(),
    query: (cause, query) => connections.query(cause, query),
    transaction: (cause, work) => connections.transaction(cause, work),
    migrate: () => migrate(connections, schemas, lists),
    migrationStatus: () => migrationStatus(connections, schemas, lists),
    serverSettings: () => readServerSettings(connections),
    expireAllLeases: () => expireAllLeases(context),
    close: () => connections.close(),
    [Symbol.asyncDispose]: () => connections.close(),
  };
}
