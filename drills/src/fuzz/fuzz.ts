import { ROUTES } from "@statusplane/core/wire";
import { readFile } from "node:fs/promises";
import { Agent } from "node:http";
import type { Random } from "../random.ts";
import { AnswerCounts, GARBAGE } from "./answer-counts.ts";
import { faultOf } from "./check-answer.ts";
import { routesOf, type DocumentedRoute } from "./documented-route.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { makeRequest, type FuzzRequest } from "./make-request.ts";
import { rawGarbage, sendRaw } from "./raw-garbage.ts";
import { sendRequest, type FuzzAnswer } from "./send-request.ts";

const CONNECTIONS = 16;
/** One in so many requests is bytes that are no request. */
const GARBAGE_EVERY = 25;

export interface FuzzOptions {
  readonly requests: number;
  readonly random: Random;
  readonly say: (sentence: string) => void;
}

export interface FuzzResult {
  readonly counts: AnswerCounts;
  /** What was wrong with an answer: how often, and the first request that it came of. */
  readonly faults: ReadonlyMap<string, Fault>;
  /** Resident memory of the server, bytes: after a fifth of the requests, and at the end. */
  readonly memory: { readonly early: number; readonly late: number };
}

export interface Fault {
  readonly count: number;
  readonly first: string;
}

/** Sends so many requests, documented, changed and meaningless, and looks at every answer. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const document = await fetch(new URL("/openapi.json", target.url));
  const routes = routesOf((await document.json()) as Parameters<typeof routesOf>[0]);
  const run = new FuzzRun(target, routes, options);
  await run.all();
  return run.result();
}

class FuzzRun {
  readonly #target: FuzzTarget;
  /** Those that take something from their caller, several times. */
  readonly #routes: readonly DocumentedRoute[];
  readonly #options: FuzzOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #counts: AnswerCounts;
  readonly #faults = new Map<string, Fault>();
  #sent = 0;
  #early = 0;
  #late = 0;

  constructor(target: FuzzTarget, routes: readonly DocumentedRoute[], options: FuzzOptions) {
    this.#target = target;
    this.#routes = routes.flatMap((route) => Array.from({ length: weightOf(route) }, () => route));
    this.#options = options;
    this.#counts = new AnswerCounts(routes);
  }

  async all(): Promise<void> {
    const { random } = this.#options;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, i) => this.#connection(random.fork(String(i)))),
    );
    this.#agent.destroy();
    this.#late = await residentBytes(this.#target.program.pid);
  }

  result(): FuzzResult {
    return {
      counts: this.#counts,
      faults: this.#faults,
      memory: { early: this.#early, late: this.#late },
    };
  }

  async #connection(random: Random): Promise<void> {
    const { requests } = this.#options;
    while (this.#sent < requests) {
      const number = ++this.#sent;
      if (number === Math.ceil(requests / 5)) this.#early = await residentBytes(this.#target.program.pid);
      if (number % 20_000 === 0) this.#options.say(`${number} of ${requests} requests`);
      try {
        if (number % GARBAGE_EVERY === 0) await this.#garbage(random);
        else await this.#one(makeRequest(random.pick(this.#routes), this.#target.world, random));
      } catch (error) {
        this.#fault("no answer", error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #one(asked: FuzzRequest): Promise<void> {
    const answer = await sendRequest(this.#target.url, this.#agent, asked);
    this.#counts.add(asked.route, answer.status);
    const fault = faultOf(asked, answer);
    if (fault !== null) this.#fault(`${asked.route}: ${fault}`, told(asked));
    this.#remember(asked, answer);
  }

  async #garbage(random: Random): Promise<void> {
    const bytes = rawGarbage("/api/v1/jobs/", this.#target.world.token, random);
    const status = await sendRaw(this.#target.url, bytes);
    this.#counts.add(GARBAGE, status);
    if (status !== null && status >= 500)
      this.#fault(`${GARBAGE}: ${status}`, JSON.stringify(bytes.toString("latin1")));
  }

  /** What was accepted is there from now on, and what was cancelled can be tried again. */
  #remember({ method, route, path }: FuzzRequest, { status, body }: FuzzAnswer): void {
    const { world } = this.#target;
    const [, list, cancelled = ""] = /^(.*\/)([^/]+)\/cancel\/?$/.exec(path) ?? [];
    if (status !== null && status < 300 && list !== undefined)
      world.cancelled(list === ROUTES.list.video ? "video" : "job", cancelled);
    if (status !== 202 || method !== "POST") return;
    const { id, job_id: jobId } = JSON.parse(body.toString()) as {
      readonly id?: string;
      readonly job_id?: string;
    };
    if (route === `POST ${ROUTES.list.video}` && id !== undefined) world.accepted("video", id);
    if (route === `POST ${ROUTES.list.job}` && jobId !== undefined) world.accepted("job", jobId);
  }

  #fault(what: string, request: string): void {
    const known = this.#faults.get(what);
    this.#faults.set(what, {
      count: (known?.count ?? 0) + 1,
      first: known?.first ?? request.slice(0, 1_000),
    });
  }
}

const INPUTS_MAX = 6;

function weightOf({ parameters, bodies }: DocumentedRoute): number {
  return 1 + Math.min(INPUTS_MAX, parameters.length + 3 * bodies.size);
}

function told({ method, path, headers, body }: FuzzRequest): string {
  const { authorization: _, ...shown } = headers;
  return `${method} ${path} ${JSON.stringify(shown)} ${JSON.stringify(body?.toString("latin1").slice(0, 600) ?? null)}`;
}

/** Linux says it in pages of 4 KiB; elsewhere it is not measured (0). */
async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") return 0;
  const pages = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1];
  return Number(pages) * 4_096;
}
