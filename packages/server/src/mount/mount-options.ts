import type {
  ErrorDefinition,
  Installation,
  JobQueue,
  JobType,
  KnownError,
  RequestFiles,
  RequestRecords,
  StatusFeed,
  StatusReader,
  StatusWriter,
  ViewFeed,
  ViewRecords,
  ViewStore,
} from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Authenticate, DemoTenant, LimitRates, SignInOptions } from "../auth/index.ts";
import type { DetailReads } from "../detail/index.ts";
import type { JobOutputs } from "../outputs/index.ts";
import type { PlayableFiles } from "../playback/index.ts";
import type { StreamRates, StreamTimings } from "../watch/index.ts";

/** What every mount is given. It needs `signIn`, `authenticate` or both. */
interface CommonOptions extends LimitRates, StreamRates {
  /** How sign-in tokens are verified here. Default: there are none. */
  readonly signIn?: SignInOptions;
  /** An application's own sign-in; asked for whatever is no token that is verified here. Default: there is none. */
  readonly authenticate?: Authenticate;
  /** How long `authenticate` may take; 503 `sign_in_unavailable` after it. Default 10,000 ms. */
  readonly authenticateDeadlineMs?: number;
  /**
   * Signs watch tokens and playback URLs, ≥ 32 bytes, the same for all processes. Default: derived from the secret of
   * sign-in tokens; where there is none it is required beside `records`, and without it there are no watch tokens.
   */
  readonly signingSecret?: string | null;
  /** Origins whose pages may change something, exactly as browsers send them. Default: the server's own alone. */
  readonly allowedOrigins?: readonly string[];
  /** Asks watchers for slower polls, ms; null: their own schedule. Default: null. */
  readonly pollAfterMs?: () => number | null;
  /**
   * From its abort on streams are told to come back to another process. Default: never; what is open when the server
   * closes is ended then.
   */
  readonly leaving?: AbortSignal;
  /** Streams that were told to come back are gone so long after `leaving`, ms. Default 5,000. */
  readonly drainMs?: number;
  /** Intervals of streams. Default: `DEFAULT_TIMINGS`. */
  readonly timings?: StreamTimings;
  /** Where polls and requests are counted; each mount needs one of its own. Default: one that nobody reads. */
  readonly registry?: Registry;
}

/** What watching reads. */
interface WatchedStore {
  readonly reader: StatusReader;
  /**
   * Where streams hear of what is new. Default: none, and there are no streams: whoever asks for one is told that it is
   * not served here, and polls. A feed holds a connection of its own, which a process that serves polls alone can spare.
   */
  readonly feed?: StatusFeed;
  /** What was watched. Default: it is not kept, and reports are not served. */
  readonly views?: ViewStore;
  /** Where streams hear of what is watched, beside `views`. Default: none, whoever asks for views polls. */
  readonly viewFeed?: ViewFeed;
}

/** Progress, batch, streams and watch tokens; of storage there is the status store's reader and its feed alone. */
export interface WatchingOptions extends CommonOptions {
  readonly store: WatchedStore;
  /** Job types told in `waiting` of the active list. Default: none. */
  readonly jobTypes?: readonly string[];
  readonly records?: undefined;
}

/** Everything: jobs are submitted, looked up, cancelled and played, too. */
export interface JobsOptions extends CommonOptions {
  readonly store: WatchedStore & {
    readonly writer: StatusWriter;
    readonly installation: Pick<Installation, "wake">;
  };
  readonly jobTypes: readonly JobType[];
  /** Codes of the application's own routes, beside the job types': the API's description names them. Default: none. */
  readonly errors?: readonly ErrorDefinition[];
  readonly records: RequestRecords;
  /** Rows of views and policies, beside `store.views`. Default: states and policies are not served. */
  readonly viewRecords?: ViewRecords;
  readonly files: RequestFiles;
  readonly queue: Pick<JobQueue, "enqueue">;
  /** Largest upload, bytes. Default 4 GiB. */
  readonly uploadMaxBytes?: number;
  /**
   * Why new work is refused now, from what the process knows; null: it is accepted. Default: always accepted.
   * @param fileBytes of a body with a file, as far as they are declared, 0 else; null: there is no file.
   */
  readonly acceptsWork?: (fileBytes: number | null) => KnownError | null;
  /** Statements for details, a second; each looks up to 100 rows up. Default 50. */
  readonly detailStatementsPerSecond?: number;
  /** What a READY video leaves for players. Default: nothing plays. */
  readonly playable?: PlayableFiles;
  /** Life of playback URLs, seconds, 1,200–21,600. Default 21,600. */
  readonly playbackSeconds?: number;
  /** Sign-in by one click as one of these tenants, the only ones then. Default: none, there is no such sign-in. */
  readonly demoTenants?: readonly DemoTenant[];
  /**
   * Adds the application's own routes: signed in, not for watch tokens; `requireTenant(request)` names the tenant. Each
   * says by `config: { scope }` what a sign-in must allow. Rows are to be looked up by `details`, and a route with a
   * statement of its own says `readsRecords`: the tenant's share pays for both. `outputs` sends files that jobs declared.
   */
  readonly extend?: (
    signedIn: FastifyInstance,
    details: Pick<DetailReads, "find">,
    outputs: Pick<JobOutputs, "send">,
  ) => Promise<void> | void;
}

/** What is mounted: all of the platform's routes, or the watching ones. */
export type MountOptions = WatchingOptions | JobsOptions;
