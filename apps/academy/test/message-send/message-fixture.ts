import type { Json } from "@statusplane/core";
import {
  messageSendJob,
  planMessage,
  orderOf,
  previewBody,
  type MessageDatabase,
} from "../../src/jobs/message-send/index.ts";
import type { MessageResult } from "../../src/jobs/message-send/message-result.ts";
import { messageProviders, type ProviderSettings } from "../../src/jobs/message-send/providers.ts";
import { JobBench } from "../job-bench.ts";

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

/** Messages, sent as the worker would send them. */
export class MessageBench extends JobBench {
  smtpUrl = "";

  constructor() {
    super("message_send");
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
    const { tenant = "t1", id, attempt = 1, signal, onPartial = () => undefined } = options;
    if (options.claim !== false) await this.claim(tenant, id, attempt);
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
    const ctx = this.context({ ...{ tenant, id, attempt, payload }, ...(signal && { signal }) });
    const partial = (value: Json): void => {
      ctx.partial(value);
      onPartial(value);
    };
    return (await job.run({ ...ctx, partial }, payload)) as MessageResult;
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
