import type {
  ErrorDefinition,
  Installation,
  JobQueue,
  JobType,
  KnownError,
  RequestFiles,
  RequestRecords,
  StatusReader,
  StatusWriter,
} from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { LimitRates, SignInOptions } from "./auth/index.ts";
import type { DetailReads } from "./detail/index.ts";
import type { HttpLimits, LogOptions } from "./http/index.ts";
import type { MetricsAccess, MetricSources, Readiness } from "./operations/index.ts";

/** What every role is given. */
interface CommonOptions extends LimitRates {
  readonly reader: StatusReader;
  readonly signIn: SignInOptions;
  /** Origins that may call from a browser, exactly as browsers send them. Default: none but the server's own. */
  readonly allowedOrigins?: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed: addresses, networks, `loopback`. Default: loopback. */
  readonly trustedProxies?: readonly string[];
  /** Asks watchers for slower polls, ms; null: their own schedule. Default: null. */
  readonly pollAfterMs?: () => number | null;
  /** From its abort on each answer ends its connection, so that the next request goes to another process. Default: never. */
  readonly leaving?: AbortSignal;
  /** So long after `leaving` it goes on, and a connection that no answer ended must have been idle, ms. Default 5,000. */
  readonly drainMs?: number;
  /** Deadlines and sizes of connections; the defaults are `HTTP_LIMITS`. */
  readonly http?: Partial<HttpLimits>;
  /** What the process knows of itself. Default: ready. */
  readonly readiness?: () => Readiness;
  readonly metrics?: {
    /** Default: a registry of its own. */
    readonly registry?: Registry;
    /** Default "operator". */
    readonly access?: MetricsAccess;
    readonly sources?: MetricSources;
  };
  /** Default: pino at level "info" to stdout. False: none. */
  readonly log?: LogOptions | false;
}

/** Progress, batch, watch tokens and the operators' routes; there is no storage but the status store's reader. */
export interface ProgressServerOptions extends CommonOptions {
  readonly role: "progress";
  /** Job types told in `waiting` of the active list. */
  readonly jobTypes: readonly string[];
}

/** Everything. */
export interface FullServerOptions extends CommonOptions {
  readonly role: "all" | "api";
  readonly jobTypes: readonly JobType[];
  /** Codes of the application's own routes, beside the job types': the API's description names them. Default: none. */
  readonly errors?: readonly ErrorDefinition[];
  readonly records: RequestRecords;
  readonly files: RequestFiles;
  readonly writer: StatusWriter;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly installation: Pick<Installation, "wake">;
  /** Largest upload, bytes. Default 4 GiB. */
  readonly uploadMaxBytes?: number;
  /**
   * Why new work is refused now, from what the process knows; null: it is accepted. Default: always accepted.
   * @param fileBytes of a body with a file, as far as they are declared, 0 else; null: there is no file.
   */
  readonly acceptsWork?: (fileBytes: number | null) => KnownError | null;
  /** Statements for details, a second; each looks up to 100 rows up. Default 50. */
  readonly detailStatementsPerSecond?: number;
  /** Life of playback URLs, seconds, 1,200–21,600. Default 21,600. */
  readonly playbackSeconds?: number;
  /** Sign-in by one click as one of two demo tenants, the only ones then. Default false. */
  readonly demo?: boolean;
  /** Whether only requests that name the loopback host, or one of `allowedOrigins`, are answered. Default false. */
  readonly loopbackOnly?: boolean;
  /** Folder of the built page. Default: no page. */
  readonly webRoot?: string;
  /**
   * Adds the application's own routes: signed in, not for watch tokens; `requireTenant(request)` names the tenant. Rows
   * are to be looked up by `details`, and a route with a statement of its own says `readsRecords`: the tenant's share
   * pays for both.
   */
  readonly extend?: (signedIn: FastifyInstance, details: Pick<DetailReads, "find">) => Promise<void> | void;
}

export type ServerOptions = ProgressServerOptions | FullServerOptions;
