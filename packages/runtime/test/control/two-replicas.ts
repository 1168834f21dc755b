import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DEFAULT_TIMINGS,
  deliveryId,
  encodeSnapshot,
  jobRef,
  snapshotOfRecord,
  uuidV7,
  writeKindOf,
  type Delivery,
  type JobRecord,
  type JobRef,
  type Kind,
  type StatusStore,
} from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { createServer } from "@statusplane/server";
import { defineJob } from "@statusplane/worker";
import { openRedisStatusStore } from "@statusplane/redis";
import { startPostgres, startRedis, type PostgresServer, type RedisServer } from "@statusplane/test-support";
import type { FastifyInstance } from "fastify";
import { SignJWT } from "jose";
import { openFolderFiles, type FolderFiles } from "../../src/files/index.ts";

const SECRET = "a secret of at least thirty-two bytes, for tests";
const TENANT = "7";
/** One job type of each kind; both take a file. Nobody runs them here. */
const run = async () => null;
const CLIP = defineJob({ type: "clip", kind: "video", input: "file", steps: [], run });
const COPY = defineJob({ type: "copy", input: "file", steps: [], run });
export const LEASE_MS = 90_000;

/** One process of role api: connections, store and memory of its own. */
export interface Replica {
  readonly server: FastifyInstance;
  readonly database: Database;
  readonly store: StatusStore;
}

/** An answer without what differs by job: its id. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Two replicas over one real Postgres, one real Redis and one folder, and what workers and the sweeper do beside them. */
export class TwoReplicas {
  readonly replicas: readonly [Replica, Replica];
  /** Ids of what was enqueued, each once, as a queue would keep them. */
  readonly deliveries = new Set<string>();
  readonly #parts: {
    readonly postgres: PostgresServer;
    readonly redis: RedisServer;
    readonly folder: string;
  };
  readonly #files: FolderFiles;
  readonly #token: string;

  private constructor(
    parts: { readonly postgres: PostgresServer; readonly redis: RedisServer; readonly folder: string },
    own: {
      readonly files: FolderFiles;
      readonly token: string;
      readonly replicas: readonly [Replica, Replica];
    },
    deliveries: Set<string>,
  ) {
    this.#parts = parts;
    this.#files = own.files;
    this.#token = own.token;
    this.replicas = own.replicas;
    this.deliveries = deliveries;
  }

  static async open(): Promise<TwoReplicas> {
    const folder = await mkdtemp(join(tmpdir(), "statusplane-replicas-"));
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const files = await openFolderFiles(folder);
    const deliveries = new Set<string>();
    const enqueue = async (delivery: Delivery): Promise<void> => void deliveries.add(deliveryId(delivery));
    const openReplica = async (): Promise<Replica> => {
      const database = await openServerDatabase({ url: postgres.url });
      // not about deadlines: a busy machine is no fault of Redis
      const timings = { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 };
      const store = await openRedisStatusStore({ url: redis.url, timings });
      const server = await createServer({
        store,
        records: database.requests,
        files,
        queue: { enqueue },
        jobTypes: [CLIP, COPY],
        signIn: { kind: "secret", secret: SECRET },
        log: false,
      });
      return { server, database, store };
    };
    const token = await new SignJWT({ tenant_id: TENANT })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(SECRET));
    const replicas = [await openReplica(), await openReplica()] as const;
    return new TwoReplicas({ postgres, redis, folder }, { files, token, replicas }, deliveries);
  }

  /** The records as a worker or the sweeper holds them. */
  get database(): Database {
    return this.replicas[0].database;
  }

  /** A PENDING job with its input, shown as such. */
  async submitted(kind: Kind, maxTries = 3): Promise<JobRef> {
    const ref = jobRef(TENANT, kind, uuidV7());
    const input = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("PK");
    };
    await this.#files.saveInput(ref, input(), 10);
    const { type: jobType } = kind === "video" ? CLIP : COPY;
    const job = { ref, jobType, title: null, payload: {}, createdBy: null, maxTries };
    const outcome = await this.database.requests.submit(job);
    if (outcome.outcome !== "created") throw new Error(outcome.outcome);
    await this.tell(outcome.record);
    return ref;
  }

  /** PROCESSING by the row; whether the store was told is the caller's to say. */
  async claimed(ref: JobRef): Promise<JobRecord> {
    const outcome = await this.database.worker.claim(ref, "worker-1", LEASE_MS);
    if (outcome.outcome !== "claimed") throw new Error(outcome.outcome);
    return outcome.record;
  }

  /** The write that fits a committed row. */
  async tell(record: JobRecord | null): Promise<void> {
    if (record === null) throw new Error("the row had gone on");
    await this.replicas[0].store.writer.write(
      writeKindOf(record.status),
      encodeSnapshot(snapshotOfRecord(record)),
    );
  }

  /** Without the one member that changes by itself. */
  async row(ref: JobRef): Promise<Omit<JobRecord, "runInMs">> {
    const record = await this.database.worker.find(ref);
    if (record === null) throw new Error("no such row");
    const { runInMs: _, ...rest } = record;
    return rest;
  }

  /** Makes the lease look as if its time had passed. */
  async letLeasePass({ id }: JobRef): Promise<void> {
    const text = "UPDATE statusplane.job SET lease_until = now() - interval '1 s' WHERE id = $1";
    await this.database.query("watching", { text, values: [id] });
  }

  async ask(replica: Replica, ref: JobRef, action: "cancel" | "retry"): Promise<ControlAnswer> {
    const { statusCode, body } = await replica.server.inject({
      method: "POST",
      url: `${base(ref)}${action}/`,
      headers: this.#headers,
    });
    return { status: statusCode, body: JSON.parse(body.replaceAll(ref.id, "ID")) as ControlAnswer["body"] };
  }

  async get(
    replica: Replica,
    ref: JobRef,
    what: "" | "progress/",
  ): Promise<Readonly<Record<string, unknown>>> {
    return (await replica.server.inject({ url: base(ref) + what, headers: this.#headers })).json();
  }

  async close(): Promise<void> {
    for (const { server, database, store } of this.replicas) {
      await server.close();
      await store.close();
      await database.close();
    }
    await Promise.all([this.#parts.postgres.stop(), this.#parts.redis.stop()]);
    await rm(this.#parts.folder, { recursive: true, force: true });
  }

  get #headers(): { readonly authorization: string } {
    return { authorization: `Bearer ${this.#token}` };
  }
}

function base({ kind, id }: JobRef): string {
  return kind === "video" ? `/media/videos/${id}/` : `/api/v1/jobs/${id}/`;
}
