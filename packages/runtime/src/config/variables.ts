import { DEFAULT_TIMINGS } from "@statusplane/core";
import { CRASH_POINTS, isCrashPointName } from "@statusplane/core/testing/crash-points";
import { DEFAULT_SCHEMA, isSchemaName } from "@statusplane/postgres";
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { timings } from "./timings.ts";
import { flag, hiddenVariable, optionalVariable, variable, wholeNumber, type ValuesOf } from "./variable.ts";

/*
 * Every environment variable of the platform: how it is read, its default, and the sentence the reference page shows. An
 * application adds a table of its own.
 */

const urlOf = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => protocols.includes(value.split("://")[0] ?? "") && value.includes("://"),
      `must begin with ${protocols.map((each) => `${each}://`).join(" or ")}`,
    );

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, "must be at least 32 bytes: openssl rand -hex 32");

/** The crash point at which this process kills itself, and when: the first time it is passed, the second, … */
export interface CrashAt {
  readonly name: string;
  readonly pass: number;
}

const crashAt = z.string().transform((text, context): CrashAt => {
  const [, name = "", pass = "1"] = /^([a-z.-]+)(?::([1-9]\d{0,6}))?$/.exec(text) ?? [];
  if (isCrashPointName(name)) return { name, pass: Number(pass) };
  const names = Object.keys(CRASH_POINTS).join(", ");
  context.addIssue({ code: "custom", message: `must be NAME or NAME:n, n from 1, NAME one of ${names}` });
  return z.NEVER;
});

const BYTES_GIB = 1024 ** 3;

const listed = (text: string): readonly string[] =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");

function isProxy(text: string): boolean {
  const [address = "", bits] = text.split("/");
  const greatest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (bits === undefined) return greatest > 0 || text === "loopback";
  return /^\d{1,3}$/.test(bits) && Number(bits) <= greatest;
}

/** Per job type, `*` for every other: how many run at once in one worker process. */
const concurrency = z
  .string()
  .regex(
    /^[a-z*][a-z0-9_]*=\d{1,3}(,[a-z*][a-z0-9_]*=\d{1,3})*$/,
    "must look like name=1,*=4, names of job types",
  )
  .transform((text) => new Map(text.split(",").map((part) => part.split("=") as [string, string])))
  .transform((pairs): Readonly<Record<string, number>> =>
    Object.fromEntries([...pairs].map(([type, n]) => [type, Number(n)])),
  )
  .refine((value) => Object.values(value).every((n) => n >= 1), "each concurrency must be 1 or more");

const pairs = (value: Readonly<Record<string, number>>): string =>
  Object.entries(value)
    .map(([key, each]) => `${key}=${each}`)
    .join(",");

export const VARIABLES = {
  PORT: variable(wholeNumber(0, 65_535, "TCP port"), 3000, "TCP port of HTTP; 0 takes a free one"),
  HOST: variable(z.string(), "127.0.0.1", "address to listen on"),
  METRICS_PORT: variable(
    wholeNumber(0, 65_535, "TCP port"),
    0,
    "port of `/healthz`, `/readyz` and `/metrics` at `METRICS_HOST`, open to whoever reaches it; 0: they are on `PORT`. A worker listens there alone: at `METRICS_PORT`, else at `PORT` where that is set",
  ),
  METRICS_HOST: variable(
    z.string(),
    "127.0.0.1",
    "address of `METRICS_PORT`, and all that a worker listens on",
  ),
  DATABASE_URL: hiddenVariable(
    optionalVariable(urlOf("postgres", "postgresql"), "Postgres; not set: embedded in `DATA_DIR`"),
  ),
  DB_SCHEMA: variable(
    z
      .string()
      .refine(isSchemaName, "must be 1–31 of a-z, 0-9 and _, none that Postgres has itself, and not public"),
    DEFAULT_SCHEMA,
    "schema of the platform's tables; an application's are in `{DB_SCHEMA}_{its list}`. Installations that share a database differ in it",
  ),
  DB_CONN_MAX_AGE: variable(
    wholeNumber(1, 3_600, "seconds"),
    20,
    "greatest age of a database connection, seconds",
  ),
  DB_POOL_MAX: variable(wholeNumber(1, 100, "connections"), 5, "database connections per process"),
  REDIS_URL: hiddenVariable(
    optionalVariable(
      urlOf("redis", "rediss", "redis-sentinel"),
      "status store; not set: in memory. `redis://`, `rediss://`, comma-separated nodes with `REDIS_CLUSTER=1`, `redis-sentinel://h1,h2,h3/name`",
    ),
  ),
  REDIS_CLUSTER: variable(flag, false, "1: `REDIS_URL` names nodes of a Redis Cluster"),
  QUEUE_URL: hiddenVariable(
    optionalVariable(
      urlOf("redis", "rediss", "redis-sentinel"),
      "queue (BullMQ on a Redis with `noeviction`); not set: in memory. Written as `REDIS_URL`, a Cluster's nodes with `QUEUE_CLUSTER=1`",
    ),
  ),
  QUEUE_CLUSTER: variable(
    flag,
    false,
    "1: `QUEUE_URL` names nodes of a Redis Cluster; one of its masters holds the queue",
  ),
  DATA_DIR: variable(
    z.string(),
    ".statusplane",
    "folder of uploads, outputs and the embedded database; the same for all api and worker processes",
  ),
  UPLOAD_MAX_BYTES: variable(
    wholeNumber(1, 1024 * BYTES_GIB, "bytes"),
    4 * BYTES_GIB,
    "largest upload, bytes",
  ),
  INPUT_RETENTION_SECONDS: variable(
    wholeNumber(0, 31_536_000, "seconds"),
    604_800,
    "how long the input of an ended job is kept for retry, seconds",
  ),
  RECORD_RETENTION_DAYS: optionalVariable(
    wholeNumber(1, 36_500, "days"),
    "an ended job is removed so long after its end, row, snapshot, result and files; empty: never",
  ),
  WORKER_CONCURRENCY: {
    write: pairs,
    ...variable(
      concurrency,
      {},
      "jobs at once per worker process and job type, `*` for the others; not set: as each job type says, 4 where it says nothing; of three or more, one tenant gets all but one",
    ),
  },
  JWT_SECRET: hiddenVariable(
    optionalVariable(secret, "HS256 secret of sign-in tokens, ≥ 32 bytes; or `JWKS_URL`"),
  ),
  JWKS_URL: optionalVariable(urlOf("https", "http"), "key set of asymmetric sign-in tokens; or `JWT_SECRET`"),
  JWT_ISSUER: optionalVariable(z.string(), "required `iss`"),
  JWT_AUDIENCE: optionalVariable(z.string(), "required `aud`"),
  TENANT_CLAIM: variable(z.string(), "tenant_id", "claim of sign-in tokens that names the tenant"),
  SUBJECT_CLAIM: {
    write: (names: readonly string[]) => names.join(","),
    ...variable(
      z.string().transform((text) => text.split(",").map((name) => name.trim())),
      ["sub"],
      "claim of sign-in tokens that names who it is; of several with commas between them the first that a token has",
    ),
  },
  SIGNING_SECRET: hiddenVariable(
    optionalVariable(
      secret,
      "signs watch tokens and playback URLs; derived from `JWT_SECRET` if not set, required with `JWKS_URL`",
    ),
  ),
  DEMO: variable(
    flag,
    false,
    "1: sign-in by one click as a demo tenant, the only ones then; not beside `JWT_SECRET` or `JWKS_URL`",
  ),
  ALLOWED_ORIGINS: variable(
    z.string().transform((text): readonly string[] => listed(text)),
    [],
    "comma-separated origins whose pages may call (CORS), and may change something where an application signs in itself; not set: same origin only. A demo on a loopback `HOST` answers to their names, too",
  ),
  FINISHED_TTL_SECONDS: variable(
    wholeNumber(0, 315_360_000, "seconds").refine(
      (value) => value === 0 || value >= 86_400,
      "must be 0 (none) or at least 86400: a mass expiry sends everyone to the database",
    ),
    0,
    "life of finished snapshots, seconds: 0 (none) or ≥ 86,400, each plus 0–10 %",
  ),
  RESULT_INLINE_MAX_BYTES: variable(
    wholeNumber(1_024, 65_536, "bytes"), // below it a video's own result would not fit
    8_192,
    "a result above this has a key of its own, bytes",
  ),
  RESULT_MAX_BYTES: variable(
    wholeNumber(1_024, 16_777_216, "bytes"),
    1_048_576,
    "a result above this becomes a file, bytes",
  ),
  RECOVER_WINDOW_SECONDS: variable(
    wholeNumber(900, 31_536_000, "seconds"),
    86_400,
    "how far back ended jobs are written again when Redis lost everything, seconds",
  ),
  STRICT: variable(
    flag,
    false,
    "1: what the start only warns of refuses it: an open Redis, a `volatile-*` policy, no append-only file, `synchronous_commit=off`, too few connections, what a job type says of its machine (no bubblewrap), little room in `DATA_DIR`",
  ),
  DRAIN_SECONDS: variable(
    wholeNumber(0, 20, "seconds"),
    5,
    "at SIGTERM an api process goes on answering so long, seconds, not ready any more and each answer ending its connection; a connection that no answer ended is closed when it was idle for so long; 0 on embedded stores, which no other process can serve from",
  ),
  MAX_CONNECTIONS: variable(
    wholeNumber(1, 1_000_000, "connections"),
    16_384,
    "HTTP connections at once; beyond them new ones are closed unheard",
  ),
  RATE_LIMIT_PER_MINUTE: variable(
    wholeNumber(1, 100_000_000, "requests"),
    6_000,
    "requests per token and minute, however the token is written",
  ),
  RATE_LIMIT_MISSES_PER_MINUTE: variable(
    wholeNumber(1, 100_000_000, "requests"),
    600,
    "of them those for jobs that are not there, on routes that may look into the database",
  ),
  RATE_LIMIT_TENANT_PER_MINUTE: variable(
    wholeNumber(1, 100_000_000, "requests"),
    600_000,
    "requests per tenant and minute: all of its tokens, watch tokens and playback addresses together",
  ),
  RATE_LIMIT_READS_PER_MINUTE: variable(
    wholeNumber(1, 100_000_000, "reads"),
    3_000,
    "rows looked up and pages of history per tenant and minute",
  ),
  RATE_LIMIT_ADDRESS_PER_MINUTE: variable(
    wholeNumber(1, 100_000_000, "requests"),
    60_000,
    "requests per client address (of IPv6 its /64) and minute that no token or signature lets in",
  ),
  STREAMS_PER_TOKEN: variable(
    wholeNumber(1, 1_000_000, "streams"),
    100,
    "open streams (SSE, WebSocket, requests that wait) per token",
  ),
  STREAMS_PER_TENANT: variable(
    wholeNumber(1, 1_000_000, "streams"),
    10_000,
    "open streams of all of a tenant's tokens together",
  ),
  STREAMS_PER_ADDRESS: variable(
    wholeNumber(1, 1_000_000, "streams"),
    8_192,
    "open streams per client address (of IPv6 its /64): half of `MAX_CONNECTIONS`. A proxy that `TRUSTED_PROXIES` does not name is one client",
  ),
  TRUSTED_PROXIES: variable(
    z
      .string()
      .transform((text): readonly string[] => listed(text))
      .refine(
        (proxies) => proxies.every(isProxy),
        "must be addresses, networks (10.0.0.0/8) or loopback, comma-separated",
      ),
    ["loopback"],
    "proxies whose `X-Forwarded-For` names the client: comma-separated addresses, networks or `loopback`",
  ),
  VIEW_RETENTION_DAYS: variable(
    wholeNumber(1, 36_500, "days"),
    400,
    "how long what a viewer watched of a video is kept after their last report of it, days; its log lines, too",
  ),
  VIEW_LOG: variable(
    flag,
    false,
    "`1`: a line per viewer, video, session and day is kept in the table `view_log`, written with what was watched",
  ),
  MIN_FREE_BYTES: variable(
    wholeNumber(0, 2 ** 20 * BYTES_GIB, "bytes"),
    BYTES_GIB,
    "below so many free bytes in `DATA_DIR`, or when a file would leave less, files are refused (507); 0: never",
  ),
  TIMINGS: variable(
    timings,
    DEFAULT_TIMINGS,
    "for tests and drills: intervals of `packages/core/src/timings.ts` as JSON, merged over the defaults",
  ),
  CRASH_AT: {
    write: ({ name, pass }: CrashAt) => `${name}:${pass}`,
    ...optionalVariable(
      crashAt,
      "for tests and drills: a name of `packages/core/src/crash-point.ts`, or `NAME:n`; the process kills itself (SIGKILL) when it passes this point for the n-th time, from 1, default 1",
    ),
  },
  LOG_LEVEL: variable(
    z.enum(
      ["fatal", "error", "warn", "info", "debug", "silent"],
      "must be fatal, error, warn, info, debug or silent",
    ),
    "info",
    "least level of log lines: `fatal`, `error`, `warn`, `info`, `debug` (a line per claim, write, end and relay batch); `silent`: none",
  ),
  LOG_FORMAT: optionalVariable(
    z.enum(["json", "text"], "must be json or text"),
    "form of log lines, on stderr: `json`, one object each, or `text`, for a person; not set: `text` at a terminal, `json` elsewhere",
  ),
} as const;

export type VariableName = keyof typeof VARIABLES;
export type Values = ValuesOf<typeof VARIABLES>;

/** Whether the platform reads a variable of that name. */
export function isPlatformVariable(name: string): boolean {
  return Object.hasOwn(VARIABLES, name);
}
