import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Json, UndoStack } from "@statusplane/core";
import { startPostgres, startRedis, type PostgresServer, type RedisServer } from "@statusplane/test-support";
import { SignJWT } from "jose";
import { pino } from "pino";
import { ConfigError, readConfig, type Role } from "../../src/config/config.ts";
import type { Application } from "../../src/application.ts";
import { COPY_JOB } from "./copy-job.ts";
import { startProgram } from "../../src/program/start-program.ts";

export const SECRET = "a secret of at least thirty-two bytes, for tests";

/** An application with one job type. */
export const COPIES: Application = { jobs: [COPY_JOB] };

export type Env = Readonly<Record<string, string>>;

/** As pino writes it. */
export interface ProgramLine {
  readonly risk?: string;
  readonly msg?: string;
  readonly err?: unknown;
}

/** A start that was refused, and with which lines. */
export interface Refused {
  readonly outcome: "refused";
  readonly problems: readonly string[];
}

export interface Started {
  readonly outcome: "started";
  /** The codes of the risks that were warned of, in order. */
  readonly warned: () => readonly string[];
  readonly get: (path: string) => Promise<Response>;
  readonly send: (method: string, path: string, body?: FormData | Json) => Promise<Response>;
  /** What it tells whoever has started it. */
  readonly said: readonly string[];
  /** The program's own lines of level warn and above. */
  readonly lines: () => readonly ProgramLine[];
  readonly stop: () => Promise<void>;
}

/** Real Postgres and two real Redis servers, and the program in this process, on ports of its own. */
export class StartBench {
  readonly postgres: PostgresServer;
  readonly status: RedisServer;
  readonly queue: RedisServer;
  readonly #folder: string;
  readonly #running: Started[] = [];

  private constructor(parts: Pick<StartBench, "postgres" | "status" | "queue">, folder: string) {
    this.postgres = parts.postgres;
    this.status = parts.status;
    this.queue = parts.queue;
    this.#folder = folder;
  }

  /** @param options command lines of the two Redis servers. */
  static async open(options: { readonly status: readonly string[]; readonly queue: readonly string[] }) {
    const folder = await mkdtemp(join(tmpdir(), "statusplane-start-"));
    const [postgres, status, queue] = await Promise.all([
      startPostgres(),
      startRedis(options.status),
      startRedis(options.queue),
    ]);
    return new StartBench({ postgres, status, queue }, folder);
  }

  /** What a role needs, everything in order. */
  env(): Env {
    return {
      PORT: "0",
      LOG_LEVEL: "silent", // the server's own lines; the program's are collected
      DATABASE_URL: this.postgres.url,
      REDIS_URL: this.status.url,
      QUEUE_URL: this.queue.url,
      JWT_SECRET: SECRET,
      DATA_DIR: this.#folder,
      TIMINGS: '{"requestDeadlineMs":2000}', // not about deadlines: a busy machine is no fault of Redis
    };
  }

  /** @param env beside what is in order; an empty value counts as not set. */
  async start(role: Role, env: Env = {}, application: Application = COPIES): Promise<Refused | Started> {
    const lines: ProgramLine[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void lines.push(JSON.parse(line)) });
    const undo = new UndoStack((what, error) => log.error({ err: error, what }, "was not closed in order"));
    const onFatal = (error: Error): void => log.fatal({ err: error });
    try {
      const config = readConfig(role, { ...this.env(), ...env }, application);
      const said: string[] = [];
      await startProgram({
        config,
        application,
        log,
        announce: (sentence) => void said.push(sentence),
        ask: null,
        undo,
        leaving: new AbortController().signal,
        onFatal,
      });
      const url = / (?:is|are) at (\S+)\//.exec(said.join("\n"))?.[1] ?? "";
      const warned = (): readonly string[] => lines.flatMap(({ risk }) => risk ?? []);
      const stop = (): Promise<void> => undo.run();
      const started = {
        outcome: "started" as const,
        warned,
        said,
        lines: () => lines,
        ...(await caller(url)),
        stop,
      };
      this.#running.push(started);
      return started;
    } catch (error) {
      await undo.run();
      if (error instanceof ConfigError) return { outcome: "refused", problems: error.problems };
      throw error;
    }
  }

  /** @throws {Error} when it was refused. */
  async started(role: Role, env: Env = {}, application: Application = COPIES): Promise<Started> {
    const outcome = await this.start(role, env, application);
    if (outcome.outcome === "refused") throw new Error(outcome.problems.join("\n"));
    return outcome;
  }

  /** Ends what runs. */
  async stopAll(): Promise<void> {
    for (const started of this.#running.splice(0)) await started.stop();
  }

  async close(): Promise<void> {
    await this.stopAll();
    await Promise.all([this.postgres.stop(), this.status.stop(), this.queue.stop()]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function caller(url: string): Promise<Pick<Started, "get" | "send">> {
  const token = await new SignJWT({ tenant_id: "7" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: (path) => fetch(url + path, { headers }),
    send: (method, path, body) =>
      fetch(url + path, {
        method,
        headers:
          body === undefined || body instanceof FormData
            ? headers
            : { ...headers, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
      }),
  };
}
