import { jobRef, type Json } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { startPostgres, type PostgresServer } from "@statusplane/test-support";
import type { JobContext } from "@statusplane/worker";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import {
  messageSendJob,
  planMessage,
  orderOf,
  previewBody,
  type MessageDatabase,
} from "../../src/jobs/message-send/index.ts";
import type { MessageResult } from "../../src/jobs/message-send/message-result.ts";
import { messageProviders, type ProviderSettings } from "../../src/jobs/message-send/providers.ts";
import { MIGRATIONS } from "../../src/migrations.ts";

export interface AttemptOptions {
  readonly tenant?: string;
  readonly id: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly database?: MessageDatabase;
  readonly settings?: Partial<ProviderSettings>;
  readonly backoffMs?: readonly number[];
  readonly onPartial?: (value: Json) => void;
  /** Whether the job's row is made as a claim leaves it. Default true. */
  readonly claim?: boolean;
}

/** A real Postgres with the product's tables, and attempts at messages run against it as the worker would run them. */
export class MessageBench {
  pool = new pg.Pool();
  smtpUrl = "";
  readonly partials: Json[] = [];
  readonly kept: Json[] = [];
  #postgres: PostgresServer | undefined;
  #database: Database | undefined;

  constructor() {
    beforeAll(() => this.#start(), 120_000);
    afterAll(() => this.#stop());
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error("not open yet");
    return this.#database;
  }

  async #start(): Promise<void> {
    this.#postgres = await startPostgres();
    const connectionString = await this.#postgres.createDatabase();
    this.pool = new pg.Pool({ connectionString, max: 5 });
    this.pool.on("error", () => undefined); // the server ends before its last idle connection
    this.#database = await openServerDatabase({ url: connectionString, migrations: MIGRATIONS });
  }

  async #stop(): Promise<void> {
    await this.pool.end();
    await this.#database?.close();
    await this.#postgres?.stop();
  }

  /** Makes the row that a claim would have left. */
  async claim(id: string, { tenant = "t1", attempt = 1 } = {}): Promise<void> {
    await this.pool.query(
      `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, attempt, lease_until, payload)
       VALUES ($1, 'job', $2, 'message_send', 'PROCESSING', $3, now() + '90 s', '{}')
       ON CONFLICT (tenant_id, kind, id) DO UPDATE SET status = 'PROCESSING', attempt = $3, lease_until = now() + '90 s',
         finished_at = NULL`,
      [tenant, id, attempt],
    );
  }

  async end(id: string, { tenant = "t1", status = "DONE" } = {}): Promise<void> {
    await this.pool.query(
      `UPDATE statusplane.job SET status = $3, finished_at = now(), lease_until = NULL WHERE tenant_id = $1 AND id = $2`,
      [tenant, id, status],
    );
  }

  /** A body with the confirm value that a preview would give. */
  async confirmed(body: Json, tenant = "t1"): Promise<Json> {
    const order = orderOf(previewBody.parse(body));
    const { confirm } = await planMessage(order, { database: this.database, cause: "people", tenant });
    return { ...(body as Record<string, Json>), confirm };
  }

  /** Claims and runs one attempt. */
  async run(payload: Json, options: AttemptOptions): Promise<MessageResult> {
    const { tenant = "t1", id, attempt = 1, signal = new AbortController().signal } = options;
    if (options.claim !== false) await this.claim(id, { tenant, attempt });
    const job = messageSendJob({
      database: options.database ?? this.database,
      providers: messageProviders({
        smtpUrl: this.smtpUrl,
        from: "academy@example.com",
        webhookSecret: null,
        webhookHosts: [],
        tenantPerMinute: 1_000_000,
        allPerMinute: 1_000_000,
        ...options.settings,
      }),
      backoffMs: options.backoffMs ?? [20, 20],
    });
    const ctx: JobContext = {
      ref: jobRef(tenant, "job", id),
      tenant,
      attempt,
      createdBy: null,
      title: null,
      payload,
      resumeFrom: null,
      inputPath: null,
      signal,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      outputFolder: () => Promise.reject(new Error("no outputs")),
      output: () => Promise.reject(new Error("no outputs")),
      step: () => undefined,
      progress: () => undefined,
      partial: (value) => {
        this.partials.push(value);
        options.onPartial?.(value);
      },
      kept: (value) => void this.kept.push(value),
      checkpoint: () => undefined,
    };
    return (await job.run(ctx, payload)) as MessageResult;
  }

  async recipients(id: string, tenant = "t1"): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query(
      `SELECT position, student_no, address, status, reason, tries FROM statusplane_academy.message_recipient
       WHERE tenant_id = $1 AND job_id = $2 ORDER BY position`,
      [tenant, id],
    );
    return rows as Record<string, unknown>[];
  }

  async addStudents(tenant: string, students: readonly Record<string, unknown>[]): Promise<void> {
    for (const { student_no, name, grade = null, class_name = null, email = null } of students) {
      await this.pool.query(
        `INSERT INTO statusplane_academy.student (tenant_id, student_no, name, grade, class_name, email) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, student_no) DO UPDATE SET name = excluded.name, email = excluded.email`,
        [tenant, student_no, name, grade, class_name, email],
      );
    }
  }
}

/** So many addresses, as a payload names them. */
export function listOf(count: number, named: (n: number) => string = (n) => `r${n}@example.com`): Json {
  return { list: Array.from({ length: count }, (_, i) => ({ address: named(i + 1), name: `학생${i + 1}` })) };
}
