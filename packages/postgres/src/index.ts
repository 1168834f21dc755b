/**
 * The permanent job records in Postgres: a server's (`openServerDatabase`) or embedded (`openEmbeddedDatabase`), both
 * by the same statements, one per file, over `pg`. Imports core alone; pglite only in `embedded/pglite-thread.js`.
 * Data comes from the runner, request routes and the reconciler through core's ports, and goes to the tables of
 * `migrations/`; every statement is sent, counted by cause and judged in `connections.ts`.
 */
export type { Query, QueryAnswer, Transaction } from "./connections.ts";
export type { Database, RecordOptions } from "./database.ts";
export { openEmbeddedDatabase, type EmbeddedDatabaseOptions } from "./embedded-database.ts";
export { FolderLockedError } from "./folder-lock.ts";
export { openServerDatabase, type ServerDatabaseOptions } from "./server-database.ts";
export type { Migration, MigrationList, MigrationStatus } from "./migrate.ts";
export { DEFAULT_SCHEMA, isSchemaName } from "./schema-names.ts";
export type { ServerSettings } from "./server-settings.ts";
export { STATEMENT_CAUSES, type Row, type StatementCause, type StatementCounts } from "./statement.ts";
