import {
  ClientError,
  createClient,
  isSuccess,
  type StatusplaneClient,
  type WatchedJob,
  type WatchRef,
} from "@statusplane/client";
import { isId, parseKeyInTenant } from "@statusplane/core";
import { ConfigError } from "../config/config.ts";
import { readTable } from "../config/variable.ts";
import { VARIABLES } from "../config/variables.ts";
import { showJobs, type LineOutput } from "./live-lines.ts";
import { tokenCommand } from "./token-command.ts";

/** How a watch ends, as the process's exit code. */
export const WATCH_EXITS = {
  ...{ done: 0, failed: 1, usage: 2, cancelled: 3, unknown: 4, timeout: 5 },
  /** As shells say it of a program that Ctrl-C ended. */
  stopped: 130,
} as const;

export interface WatchOptions {
  /** `video:ID`, `job:ID`, or a job's ID alone; null with `active`. */
  readonly job: string | null;
  /** Everything that is live, until the time is over. */
  readonly active: boolean;
  /** Lines of JSON instead of bars. */
  readonly json: boolean;
  /** Seconds, more than 0; null: without end. */
  readonly timeoutSeconds: number | null;
  /** The server's address; null: `STATUSPLANE_URL`, or `HOST` and `PORT`. */
  readonly url: string | null;
  /** Signs in as this tenant with `JWT_SECRET`; null: with `STATUSPLANE_TOKEN`. */
  readonly tenant: string | null;
}

export interface WatchSurroundings {
  readonly output: LineOutput;
  readonly errors: LineOutput;
  /** Ends the watch. */
  readonly stop: AbortSignal;
}

type Env = Readonly<Record<string, string | undefined>>;

/** A minted token lives an hour, and is minted anew after half of it, ms. */
const REMINT_MS = 1_800_000;
const TOKEN_SECONDS = 3_600;
/** The longest time that a timer can wait, seconds. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * Shows how a job goes until it has ended, or how everything does that is live.
 * @returns one of {@link WATCH_EXITS}.
 * @throws {ConfigError} for an argument or setting that is wrong or missing, and for a token that the server refuses.
 */
export async function watchCommand(
  options: WatchOptions,
  env: Env,
  { output, errors, stop }: WatchSurroundings,
): Promise<number> {
  const wanted = wantedBy(options);
  const refused = new AbortController();
  const client = createClient({
    baseUrl: addressOf(options, env),
    getToken: tokenSource(options, env),
    transport: "auto",
    language: () => (/^ko/i.test(env["LC_ALL"] ?? env["LANG"] ?? "") ? "ko" : "en"),
    onUnauthenticated: () => refused.abort(new ConfigError(["the server does not accept the sign-in"])),
    onError: ({ detail }) => errors.write(`the server does not answer, it is asked again: ${detail}\n`),
  });
  const show = showJobs(output, options.json);
  const timeoutMs = options.timeoutSeconds === null ? null : options.timeoutSeconds * 1_000;
  const watch = { client, timeoutMs, signal: AbortSignal.any([refused.signal, stop]) };
  try {
    return wanted === null
      ? await watchActive(watch, show)
      : await watchOne(watch, wanted, (job) => show([job], 0));
  } catch (error) {
    if (stop.aborted) return WATCH_EXITS.stopped;
    throw error;
  } finally {
    client.close();
  }
}

interface Watch {
  readonly client: StatusplaneClient;
  /** Null: without end. */
  readonly timeoutMs: number | null;
  /** Aborted with why. */
  readonly signal: AbortSignal;
}

async function watchOne(
  { client, timeoutMs, signal }: Watch,
  ref: WatchRef,
  show: (job: WatchedJob) => void,
): Promise<number> {
  client.watch(ref, show);
  try {
    const job = await client.wait(ref, { signal, ...(timeoutMs === null ? {} : { timeoutMs }) });
    show(job);
    if (isSuccess(job)) return WATCH_EXITS.done;
    return job.status === "CANCELLED" ? WATCH_EXITS.cancelled : WATCH_EXITS.failed;
  } catch (error) {
    const job = client.get(ref);
    if (error instanceof ClientError && error.code === "gone" && job !== undefined) {
      show(job);
      return WATCH_EXITS.unknown;
    }
    if (error instanceof ClientError && error.code === "wait_timeout") return WATCH_EXITS.timeout;
    throw error;
  }
}

function watchActive(
  { client, timeoutMs, signal }: Watch,
  show: (jobs: readonly WatchedJob[], more: number) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const tell = (): void => {
      const { refs, more, isLoading } = client.getActive();
      if (!isLoading)
        show(
          refs.flatMap((ref) => client.get(ref) ?? []),
          more,
        );
    };
    client.subscribe(tell);
    client.watchActive();
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    if (timeoutMs !== null) client.environment.setTimer(() => resolve(WATCH_EXITS.timeout), timeoutMs);
  });
}

/** Null: everything that is live. */
function wantedBy({ job, active, timeoutSeconds }: WatchOptions): WatchRef | null {
  const wrong: string[] = [];
  if ((job === null) !== active) wrong.push("name one job, or --active");
  if (timeoutSeconds !== null && !(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS))
    wrong.push(`--timeout: seconds, more than 0 and at most ${MAX_TIMEOUT_SECONDS}`);
  const named = job === null ? null : (parseKeyInTenant(job) ?? { kind: "job" as const, id: job });
  if (named !== null && !isId(named.id))
    wrong.push("the job: video:ID, job:ID or a job's ID, of 1–64 letters, digits, _ or -");
  if (wrong.length > 0) throw new ConfigError(wrong);
  return named;
}

function addressOf({ url }: WatchOptions, env: Env): string {
  const given = url ?? env["STATUSPLANE_URL"] ?? "";
  if (given === "") {
    const { HOST, PORT } = readTable(VARIABLES, env).values;
    return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${PORT}`;
  }
  if (!/^https?:\/\//.test(given) || !URL.canParse(given))
    throw new ConfigError([`--url, STATUSPLANE_URL: an address that begins http:// or https://`]);
  return given.replace(/\/+$/, "");
}

/** A token that is given lives as long as it lives; one that is made here is made again in time. */
function tokenSource({ tenant }: WatchOptions, env: Env): () => Promise<string> {
  const given = env["STATUSPLANE_TOKEN"] ?? "";
  if (tenant === null && given === "") {
    throw new ConfigError([
      "STATUSPLANE_TOKEN: set it to a sign-in token, or give --tenant where JWT_SECRET is",
    ]);
  }
  if (tenant === null) return () => Promise.resolve(given);
  const options = { tenant, sub: "statusplane-watch", lifeSeconds: TOKEN_SECONDS, operator: false };
  let minted: { readonly token: Promise<string>; readonly atMs: number } | null = null;
  return () => {
    const nowMs = performance.now();
    if (minted === null || nowMs - minted.atMs > REMINT_MS)
      minted = { token: tokenCommand(options, env), atMs: nowMs };
    return minted.token;
  };
}
