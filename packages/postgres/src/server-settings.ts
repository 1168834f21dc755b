import type { Connections } from "./connections.ts";

/** What a Postgres server's configuration means for us. */
export interface ServerSettings {
  /** `synchronous_commit` of our own connections: with `off` a crash of the server loses what it had acknowledged. */
  readonly synchronousCommit: string;
  /** Connections that the server gives to all its clients together, those kept for superusers left out. */
  readonly maxConnections: number;
}

/**
 * Asks the server, by one statement.
 * @throws {database_unavailable}
 */
export async function readServerSettings(connections: Connections): Promise<ServerSettings> {
  const { rows } = await connections.query("housekeeping", {
    text: `
      SELECT current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
          AS max_connections`,
    repeatable: true,
  });
  return {
    synchronousCommit: String(rows[0]?.["synchronous_commit"]),
    maxConnections: Number(rows[0]?.["max_connections"]),
  };
}
