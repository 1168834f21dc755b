import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startPostgres,
  startProgram,
  startRedis,
  withClient,
  type PostgresServer,
  type ProgramOptions,
  type RedisServer,
  type RunningProgram,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import { Api } from "./api.ts";

const JWT_SECRET = "end-to-end-secret-of-32-bytes-or-more";

/** The database roles of the two kinds of process, so that Postgres itself tells whose statement it was. */
export const API_ROLE = "statusplane_api";
export const WORKER_ROLE = "statusplane_worker";

type Role = NonNullable<ProgramOptions["role"]>;

/** Real Postgres, two real Redis servers and any number of the product's processes, in a folder of its own. */
export class Deployment {
  readonly folder: string;
  readonly postgres: PostgresServer;
  readonly statusRedis: RedisServer;
  readonly queueRedis: RedisServer;
  readonly databaseUrl: string;
  /** Signs its tokens. */
  readonly secret = JWT_SECRET;
  readonly #programs: RunningProgram[] = [];

  private constructor(
    parts: Pick<Deployment, "folder" | "postgres" | "statusRedis" | "queueRedis" | "databaseUrl">,
  ) {
    this.folder = parts.folder;
    this.postgres = parts.postgres;
    this.statusRedis = parts.statusRedis;
    this.queueRedis = parts.queueRedis;
    this.databaseUrl = parts.databaseUrl;
  }

  static async open(): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), "statusplane-deployment-"));
    const postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase("statusplane");
    await withClient(databaseUrl, async (client) => {
      await client.query("CREATE EXTENSION pg_stat_statements");
      for (const role of [API_ROLE, WORKER_ROLE]) await client.query(`CREATE ROLE ${role} LOGIN SUPERUSER`);
    });
    const statusRedis = await startRedis(["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]);
    const queueRedis = await startRedis(["--maxmemory-policy", "noeviction"]);
    return new Deployment({ folder, postgres, statusRedis, queueRedis, databaseUrl });
  }

  async start(role: Role, env: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
    const user = role === "worker" ? WORKER_ROLE : API_ROLE;
    const program = await startProgram({
      role,
      env: {
        REDIS_URL: this.statusRedis.url,
        ...(role === "progress"
          ? {}
          : {
              DATABASE_URL: this.databaseUrl.replace("postgres@", `${user}@`),
              QUEUE_URL: this.queueRedis.url,
            }),
        ...(role === "worker" ? {} : { JWT_SECRET }),
        DATA_DIR: join(this.folder, "data"),
        ...env,
      },
    });
    this.#programs.push(program);
    return program;
  }

  async token(tenant: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return new SignJWT({ tenant_id: tenant, ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(typeof claims["sub"] === "string" ? claims["sub"] : "end-to-end")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(JWT_SECRET));
  }

  async api(program: RunningProgram, tenant: string): Promise<Api> {
    return new Api(program.url, await this.token(tenant));
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
    await Promise.all([this.postgres.stop(), this.statusRedis.stop(), this.queueRedis.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
