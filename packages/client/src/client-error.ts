/** Codes that the client itself gives; every other code is the server's (core's error table). */
export type ClientErrorCode =
  | "network_error"
  | "deadline_exceeded"
  | "unexpected_answer"
  | "client_closed"
  /** Somebody waits for the end of a job that does not exist. */
  | "gone"
  /** The job has not ended within the time that the caller gave. */
  | "wait_timeout"
  /** Asked for something that needs the server's row, of a job that has none. Nothing was sent. */
  | "no_record";

/** What makes a {@link ClientError}. */
export interface ClientErrorInit {
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** The server's code, or the client's own. */
  readonly code: ClientErrorCode | (string & {});
  /** A sentence for people. */
  readonly detail: string;
  /** What the server asked for with `Retry-After`, in ms. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A request that was not answered as asked. `switch` on `code`; show `detail`.
 *
 * @example
 * try {
 *   await client.cancel({ kind: "job", id: "import-1" });
 * } catch (error) {
 *   if (!(error instanceof ClientError)) throw error;
 *   show(error.code === "already_finished" ? "Too late: it has ended." : error.detail);
 * }
 */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;

  constructor(init: ClientErrorInit) {
    super(`${init.code}: ${init.detail}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.status = init.status;
    this.code = init.code;
    this.detail = init.detail;
    this.retryAfterMs = init.retryAfterMs;
  }
}
