import { openDatabase, type Database, type RecordOptions } from "./database.ts";

export interface ServerDatabaseOptions extends RecordOptions {
  /** `postgres://…` */
  readonly url: string;
  /** A connection's greatest age, seconds. Default 20; 0: connections stay. */
  readonly connMaxAgeSeconds?: number;
  /** Greatest number of this process's connections, 1 or more. Default 5. */
  readonly poolMax?: number;
  /**
   * How many of them are for work and housekeeping, with the longer time-out; the rest answer requests. 1–`poolMax`;
   * `poolMax`: both share them all, with the longer time-out. Default: half, rounded down, at least 1.
   */
  readonly backgroundPoolMax?: number;
  /** Postgres ends a request's statement after this, ms. Default 2,000; 0: never, and no time-out is sent at all. */
  readonly requestTimeoutMs?: number;
  /** The same for work and housekeeping. Default 15,000. */
  readonly backgroundTimeoutMs?: number;
  /** How long to wait for a connection, ms. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /**
   * Whether statements are prepared by name. Default true; false behind a transaction pooler that does not keep
   * prepared statements (there both time-outs must be 0, or allowed as start-up parameters).
   */
  readonly preparedStatements?: boolean;
}

/** What a server that hangs gets on top of its own time-out before its connection is given up. */
const ANSWER_MARGIN_MS = 1_000;

/**
 * Opens a Postgres server's database and brings its tables up to date.
 * @throws {database_unavailable} when it does not answer.
 *
 * @example
 * const database = await openServerDatabase({ url: "postgres://app@127.0.0.1/app" });
 * const record = await database.requests.find(ref);
 */
export function openServerDatabase(options: ServerDatabaseOptions): Promise<Database> {
  const {
    url,
    connMaxAgeSeconds = 20,
    poolMax = 5,
    backgroundPoolMax = Math.max(1, Math.floor(poolMax / 2)),
    requestTimeoutMs = 2_000,
    backgroundTimeoutMs = 15_000,
    connectTimeoutMs = 2_000,
    preparedStatements = true,
  } = options;
  const shared = backgroundPoolMax >= poolMax;
  return openDatabase({
    ...options,
    target: { connectionString: url },
    request: {
      max: shared ? poolMax : poolMax - backgroundPoolMax,
      statementTimeoutMs: shared ? backgroundTimeoutMs : requestTimeoutMs,
      answerTimeoutMs: answerTimeout(shared ? backgroundTimeoutMs : requestTimeoutMs),
    },
    background: shared
      ? null
      : {
          max: backgroundPoolMax,
          statementTimeoutMs: backgroundTimeoutMs,
          answerTimeoutMs: answerTimeout(backgroundTimeoutMs),
        },
    connMaxAgeSeconds,
    connectTimeoutMs,
    preparedStatements,
  });
}

function answerTimeout(statementTimeoutMs: number): number {
  return statementTimeoutMs === 0 ? 0 : statementTimeoutMs + ANSWER_MARGIN_MS;
}
