import pg from "pg";
import { asDatabaseError, brokeUnderway } from "./connection-error.ts";
import type { SchemaNames } from "./schema-names.ts";
import type { Row, Statement, StatementCause, StatementCounts } from "./statement.ts";

/** How one of the two pools is bounded. */
export interface PoolBounds {
  /** Greatest number of connections, 1 or more. */
  readonly max: number;
  /** Postgres ends a statement that takes longer, ms; 0: never, and nothing is sent about it (some poolers refuse). */
  readonly statementTimeoutMs: number;
  /** How long to wait for an answer before the connection is given up, ms: for a server that hangs. 0: for ever. */
  readonly answerTimeoutMs: number;
}

export interface ConnectionsOptions {
  /** Where to connect: `connectionString`, or `host` and `port` and `user` of a socket. */
  readonly target: Pick<pg.PoolConfig, "connectionString" | "host" | "port" | "user" | "database">;
  readonly request: PoolBounds;
  /** Null: background statements use the request side's connections. */
  readonly background: PoolBounds | null;
  /** A connection's greatest age, seconds; 0: it stays. */
  readonly connMaxAgeSeconds: number;
  /** How long to wait for a connection, ms. */
  readonly connectTimeoutMs: number;
  readonly preparedStatements: boolean;
  /** How SQL names its tables: no statement relies on a `search_path`, which a transaction pooler does not keep. */
  readonly schemas: SchemaNames;
  readonly applicationName: string;
  /** Told when an idle connection breaks; the next statement takes another. */
  readonly onConnectionError: (error: Error) => void;
}

/** One statement of an application. */
export interface Query {
  /** Names the prepared statement; one name, one text. */
  readonly name?: string;
  /** `:"statusplane".job` and `:"{list}".table` are tables of the platform and of a migration list. */
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Whether it may be sent again after a lost connection. Default false. */
  readonly repeatable?: boolean;
  /** How long to wait for the answer, ms; 0: for ever. Default: as long as for any statement. */
  readonly answerTimeoutMs?: number;
}

export interface QueryAnswer {
  readonly rows: readonly Row[];
  /** Rows read or changed. */
  readonly rowCount: number;
}

/** Statements on one connection, between BEGIN and COMMIT. */
export interface Transaction {
  readonly query: (query: Query) => Promise<QueryAnswer>;
}

interface Side {
  readonly pool: pg.Pool;
  readonly answerTimeoutMs: number;
}

/** The connections of a process, and the one place where statements are sent and counted. */
export class Connections {
  readonly #preparedStatements: boolean;
  readonly #schemas: SchemaNames;
  readonly #request: Side;
  readonly #background: Side;
  readonly #counts = { watching: 0, work: 0, housekeeping: 0, people: 0 };
  #closed: Promise<void> | undefined;

  constructor(options: ConnectionsOptions) {
    this.#preparedStatements = options.preparedStatements;
    this.#schemas = options.schemas;
    this.#request = openSide(options, options.request);
    this.#background = options.background === null ? this.#request : openSide(options, options.background);
  }

  get counts(): StatementCounts {
    return this.#counts;
  }

  /** Open, idle and awaited connections. */
  numbers(): { readonly open: number; readonly idle: number; readonly waiting: number } {
    const sum = { open: 0, idle: 0, waiting: 0 };
    for (const { pool } of this.#sides()) {
      sum.open += pool.totalCount;
      sum.idle += pool.idleCount;
      sum.waiting += pool.waitingCount;
    }
    return sum;
  }

  /** @throws {database_unavailable | storage_full} */
  async send(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    const side = statement.side === "request" ? this.#request : this.#background;
    return (await this.#query(side, statement.cause, { ...statement, values })).rows;
  }

  /** @throws {database_unavailable | storage_full} */
  query(cause: StatementCause, query: Query): Promise<QueryAnswer> {
    return this.#query(cause === "people" ? this.#request : this.#background, cause, query);
  }

  /**
   * Runs `work` between BEGIN and COMMIT on one connection; whatever it throws rolls back.
   * In embedded mode there is one connection: `work` must send everything through its transaction.
   * @throws {database_unavailable | storage_full}; after a failed COMMIT the outcome is unknown.
   */
  async transaction<T>(cause: StatementCause, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#background.pool.connect().catch(rethrow);
    let broken: Error | undefined;
    const onError = (error: Error): void => void (broken = error);
    client.on("error", onError);
    const on = { pool: client, answerTimeoutMs: this.#background.answerTimeoutMs };
    const query = (one: Query): Promise<QueryAnswer> => this.#ask(on, cause, one).catch(rethrow);
    try {
      await query({ text: "BEGIN" });
      const answer = await work({ query });
      await query({ text: "COMMIT" });
      return answer;
    } catch (error) {
      await query({ text: "ROLLBACK" }).catch((failed: unknown) => {
        broken ??= failed instanceof Error ? failed : new Error(String(failed));
      });
      throw error;
    } finally {
      client.removeListener("error", onError);
      client.release(broken);
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all(this.#sides().map(({ pool }) => pool.end())).then(() => undefined);
    return this.#closed;
  }

  #sides(): Side[] {
    return [...new Set([this.#request, this.#background])];
  }

  async #query(side: Side, cause: StatementCause, query: Query): Promise<QueryAnswer> {
    try {
      return await this.#ask(side, cause, query);
    } catch (error) {
      if (query.repeatable !== true || !brokeUnderway(error)) throw asDatabaseError(error);
    }
    return this.#ask(side, cause, query).catch(rethrow);
  }

  async #ask(
    { pool, answerTimeoutMs }: { readonly pool: pg.Pool | pg.PoolClient; readonly answerTimeoutMs: number },
    cause: StatementCause,
    query: Query,
  ): Promise<QueryAnswer> {
    this.#counts[cause] += 1;
    const config: pg.QueryConfig & { readonly query_timeout: number } = {
      text: this.#schemas.fill(query.text),
      query_timeout: query.answerTimeoutMs ?? answerTimeoutMs,
      ...(query.values === undefined ? {} : { values: [...query.values] }),
      ...(this.#preparedStatements && query.name !== undefined ? { name: query.name } : {}),
    };
    const { rows, rowCount } = await pool.query<Record<string, unknown>>(config);
    return { rows, rowCount: rowCount ?? 0 };
  }
}

function rethrow(error: unknown): never {
  throw asDatabaseError(error);
}

function openSide(options: ConnectionsOptions, bounds: PoolBounds): Side {
  const { connMaxAgeSeconds } = options;
  const pool = new pg.Pool({
    ...options.target,
    max: bounds.max,
    connectionTimeoutMillis: options.connectTimeoutMs,
    maxLifetimeSeconds: connMaxAgeSeconds,
    idleTimeoutMillis: connMaxAgeSeconds === 0 ? 0 : Math.min(10_000, connMaxAgeSeconds * 1_000),
    application_name: options.applicationName,
    keepAlive: true,
    ...(bounds.statementTimeoutMs === 0 ? {} : { statement_timeout: bounds.statementTimeoutMs }),
  });
  pool.on("error", options.onConnectionError);
  return { pool, answerTimeoutMs: bounds.answerTimeoutMs };
}
