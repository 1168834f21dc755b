import { FINAL_VERSION } from "@statusplane/core";
import {
  errorMember,
  outputMembers,
  progressMembers,
  progressParts,
  type ProgressParts,
} from "@statusplane/core/wire";
import type { Fetch } from "../src/statusplane-client.ts";
import type { FakeEnvironment } from "./fake-environment.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly atMs: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object becomes JSON, a string stays. */
  readonly body?: unknown;
}

type Members = Readonly<Record<string, unknown>>;
type Handler = (request: SeenRequest) => Answer | Promise<Answer> | undefined;

/** The product's server as far as the client sees it: snapshots, records, ETags, and whatever a test makes of it. */
export class FakeServer {
  readonly requests: SeenRequest[] = [];
  /** What the status store holds, by `video:1` or `job:a`. */
  readonly snapshots = new Map<string, Members>();
  /** The tenant's last ends: when, Unix ms. */
  readonly ended = new Map<string, number>();
  more = 0;
  waiting: Readonly<Record<string, string>> = {};
  /** What the database holds. */
  readonly records = new Map<string, Members>();
  /** Asked first; undefined leaves the request to the server. */
  handler: Handler = () => undefined;
  /** The server's clock; moves with the environment's. */
  epochMs = Date.parse("2026-01-01T00:00:00.000Z");
  pollAfterMs: number | null = null;
  inFlight = 0;
  mostInFlight = 0;
  readonly #environment: FakeEnvironment;

  constructor(environment: FakeEnvironment) {
    this.#environment = environment;
  }

  readonly fetch: Fetch = async (url, init) => {
    const request: SeenRequest = {
      method: init.method ?? "GET",
      path: url,
      headers: Object.fromEntries(new Headers(init.headers)),
      body: init.body,
      atMs: this.#environment.nowMs,
      signal: init.signal as AbortSignal, // the client always gives one
    };
    this.requests.push(request);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      return toResponse((await this.handler(request)) ?? this.#serve(request), this.#date());
    } finally {
      this.inFlight -= 1;
    }
  };

  get polls(): SeenRequest[] {
    return this.requests.filter(({ path }) => /^\/api\/v1\/progress\/\?(videos|jobs)=/.test(path));
  }

  get details(): SeenRequest[] {
    return this.requests.filter(
      ({ method, path }) => method === "GET" && /^\/(media\/videos|api\/v1\/jobs)\/[^/?]+\/$/.test(path),
    );
  }

  #live(): string[] {
    const isLive = ({ status }: Members): boolean => status === "PENDING" || status === "PROCESSING";
    return [...this.snapshots].filter(([, body]) => isLive(body)).map(([key]) => key);
  }

  #date(): string {
    return new Date(this.epochMs + this.#environment.nowMs).toUTCString();
  }

  #serve(request: SeenRequest): Answer {
    const url = new URL(request.path, "http://server");
    if (url.pathname === "/api/v1/progress/") {
      const names = (kind: string, ids: string | null): string[] =>
        ids ? ids.split(",").map((id) => `${kind}:${id}`) : [];
      const asked = [
        ...names("video", url.searchParams.get("videos")),
        ...names("job", url.searchParams.get("jobs")),
      ];
      return this.#batch(asked, url.searchParams.has("active"), request);
    }
    const detail = /^\/(media\/videos|api\/v1\/jobs)\/([^/?]+)\/$/.exec(request.path);
    if (detail === null) return problem(404, "route_not_found");
    const record = this.records.get(`${detail[1] === "media/videos" ? "video" : "job"}:${detail[2]}`);
    return record === undefined ? problem(404, "record_not_found") : { body: record };
  }

  #batch(asked: readonly string[], isActive: boolean, request: SeenRequest): Answer {
    const live = isActive ? this.#live() : [];
    const keys = [...new Set([...asked, ...live])];
    const part = (kind: string, all: readonly string[]): string[] =>
      all.filter((key) => key.startsWith(`${kind}:`)).map((key) => key.slice(kind.length + 1));
    const found = (kind: string) =>
      Object.fromEntries(
        part(kind, keys).flatMap((id) => {
          const body = this.snapshots.get(`${kind}:${id}`);
          return body === undefined ? [] : [[id, body]];
        }),
      );
    const missing = (kind: string) => part(kind, keys).filter((id) => !this.snapshots.has(`${kind}:${id}`));
    const ended = (kind: string) =>
      Object.fromEntries(
        part(kind, [...this.ended.keys()]).map((id) => [id, this.ended.get(`${kind}:${id}`)]),
      );
    const lists = {
      live: { videos: part("video", live), jobs: part("job", live) },
      ended: { videos: ended("video"), jobs: ended("job") },
      more: this.more,
      waiting: this.waiting,
    };
    const body = {
      videos: found("video"),
      jobs: found("job"),
      missing: { videos: missing("video"), jobs: missing("job") },
      ...(isActive ? lists : null),
    };
    const headers = {
      ETag: `"${encodeURIComponent(JSON.stringify(body))}"`,
      ...(this.pollAfterMs === null ? null : { "Poll-After-Ms": String(this.pollAfterMs) }),
    };
    return request.headers["if-none-match"] === headers.ETag ? { status: 304, headers } : { headers, body };
  }
}

/** A list of live jobs, as a batch tells it with their snapshots. */
export function listBody(lists: Members = {}): Members {
  const nothing = { videos: [], jobs: [] };
  return {
    ...{ videos: {}, jobs: {}, missing: nothing },
    ...{ live: nothing, ended: { videos: {}, jobs: {} }, more: 0, waiting: {} },
    ...lists,
  };
}

export function problem(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers,
    body: { type: "about:blank", title: code, status, code, detail: `detail of ${code}` },
  };
}

export const outage: Handler = () => problem(503, "store_unavailable");

function toResponse({ status = 200, headers = {}, body }: Answer, date: string): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(status === 304 || body === undefined ? null : text, {
    status,
    headers: { Date: date, ...headers },
  });
}

const NO_PROGRESS = progressParts(null);

/** Progress in the words of both kinds: a reader finds its own. */
export function progressBody(parts: Partial<ProgressParts<unknown>>): Members {
  const all = { ...NO_PROGRESS, ...parts };
  return { ...progressMembers("video", all), ...progressMembers("job", all) };
}

/** Snapshots and records as the server writes them. */
export const bodies = {
  pending: (attempt = 1): Members => ({ attempt, version: 0, status: "PENDING", updated_at: null }),
  running: (version: number, percent: number, attempt = 1): Members => ({
    attempt,
    version,
    status: "PROCESSING",
    ...progressBody({ percent }),
    updated_at: null,
  }),
  ready: (attempt = 1): Members => ({
    attempt,
    version: FINAL_VERSION,
    status: "READY",
    ...outputMembers({ path: "7/1/1/main", durationSeconds: 60 }),
  }),
  done: (result: unknown, attempt = 1): Members => ({
    attempt,
    version: FINAL_VERSION,
    status: "DONE",
    job_type: "report",
    result,
  }),
  failed: (attempt = 1): Members => ({
    attempt,
    version: FINAL_VERSION,
    status: "FAILED",
    error_code: "input_broken",
    ...errorMember("video", "파일이 손상되었습니다."),
  }),
};
