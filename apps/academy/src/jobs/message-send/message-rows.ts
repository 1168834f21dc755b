import { JobError, type JobRef } from "@statusplane/core";
import type { MessageDatabase } from "./message-database.ts";
import { textOrNull } from "./row-text.ts";

/** Which attempt of which job: what every statement here is fenced by. */
export interface Holder {
  readonly ref: JobRef;
  readonly attempt: number;
}

/** A recipient whose message this attempt, and no other, may hand over. */
export interface ClaimedRecipient {
  readonly position: number;
  readonly address: string;
  /** Values of the placeholders. */
  readonly fields: Readonly<Record<string, string>>;
  /** Times that it was handed over and refused for now. */
  readonly tries: number;
}

export interface Claim {
  readonly recipients: readonly ClaimedRecipient[];
  /** Skipped in this claim: since the plan its address was put on the list of those not to write to. */
  readonly skipped: number;
  /** How long the lease lasts from the statement on, ms. */
  readonly leaseLeftMs: number;
  /** The provider's pace allows the first of them after so many ms. */
  readonly waitMs: number;
  /** When the next one is due that waits for another try, ms; null: none waits. */
  readonly nextDueMs: number | null;
}

export interface Pace {
  readonly provider: string;
  /** Between two messages of this tenant, ms; 0: none. */
  readonly tenantMs: number;
  /** Between two messages of all tenants, ms; 0: none. */
  readonly allMs: number;
}

/*
 * `mine` holds the job's row until COMMIT while this attempt runs under a lease that is not over; without it nothing is
 * claimed. What this attempt has claimed already and asks for again was certainly not handed over: a batch is settled
 * before the next is claimed, so it is a claim whose answer was lost.
 */
const CLAIM = `
WITH mine AS MATERIALIZED (
  SELECT extract(epoch FROM lease_until - clock_timestamp()) * 1000 AS left_ms FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING'
    AND lease_until > clock_timestamp()
  FOR SHARE
), chosen AS MATERIALIZED (
  (SELECT position FROM :"academy".message_recipient
   WHERE tenant_id = $1 AND job_id = $2 AND status = 'claimed' AND attempt = $3 ORDER BY position LIMIT $4)
  UNION ALL
  (SELECT position FROM :"academy".message_recipient
   WHERE tenant_id = $1 AND job_id = $2 AND status = 'waiting' AND due_at <= now() ORDER BY due_at, position LIMIT $4)
  LIMIT $4
), taken AS (
  UPDATE :"academy".message_recipient r SET attempt = $3,
    status = CASE WHEN b.address_key IS NULL THEN 'claimed' ELSE 'skipped' END,
    reason = CASE WHEN b.address_key IS NULL THEN r.reason ELSE 'blocked' END,
    settled_at = CASE WHEN b.address_key IS NULL THEN NULL ELSE now() END
  FROM chosen JOIN :"academy".message_recipient c ON c.tenant_id = $1 AND c.job_id = $2 AND c.position = chosen.position
    LEFT JOIN :"academy".message_blocked b ON b.tenant_id = $1 AND b.address_key = c.address_key
  WHERE r.tenant_id = $1 AND r.job_id = $2 AND r.position = chosen.position AND EXISTS (SELECT FROM mine)
    AND (r.status = 'waiting' OR r.status = 'claimed' AND r.attempt = $3)
  RETURNING r.position, r.status, r.address, r.fields, r.tries
), counted AS (
  SELECT count(*) FILTER (WHERE status = 'claimed') AS claimed, count(*) FILTER (WHERE status = 'skipped') AS skipped FROM taken
), pace AS (
  INSERT INTO :"academy".message_pace AS p (provider, tenant_id, next_at)
  SELECT $5, each.tenant_id, now() + counted.claimed * each.ms * interval '1 millisecond'
  FROM counted, (VALUES ($1, $6::float8), ('*', $7::float8)) AS each (tenant_id, ms)
  WHERE counted.claimed > 0 AND each.ms > 0
  ON CONFLICT (provider, tenant_id) DO UPDATE SET next_at = greatest(p.next_at, now()) + (excluded.next_at - now())
  RETURNING extract(epoch FROM next_at - now()) * 1000
    - (SELECT claimed FROM counted) * CASE tenant_id WHEN '*' THEN $7::float8 ELSE $6::float8 END AS wait_ms
)
SELECT (SELECT left_ms FROM mine) AS left_ms, (SELECT skipped FROM counted) AS skipped,
  (SELECT coalesce(max(wait_ms), 0) FROM pace) AS wait_ms,
  (SELECT extract(epoch FROM min(due_at) - now()) * 1000 FROM :"academy".message_recipient
   WHERE tenant_id = $1 AND job_id = $2 AND status = 'waiting' AND due_at > now()) AS next_due_ms,
  (SELECT coalesce(json_agg(json_build_object('position', position, 'address', address, 'fields', fields, 'tries', tries)
     ORDER BY position), '[]') FROM taken WHERE status = 'claimed') AS recipients`;

/**
 * Claims the next few recipients; one statement. Safe to repeat after a lost answer.
 * @throws {JobError} `fenced` when the attempt or its lease is over: nothing was claimed. {database_unavailable}
 */
export async function claimRecipients(
  database: MessageDatabase,
  { ref, attempt }: Holder,
  { limit, pace }: { readonly limit: number; readonly pace: Pace },
): Promise<Claim> {
  const { rows } = await database.query("work", {
    name: "message-claim",
    text: CLAIM,
    values: [ref.tenant, ref.id, attempt, limit, pace.provider, pace.tenantMs, pace.allMs],
    repeatable: true,
  });
  const row = rows[0] ?? {};
  if (row["left_ms"] === null || row["left_ms"] === undefined) throw new JobError("fenced");
  return {
    recipients: row["recipients"] as readonly ClaimedRecipient[], // built by the statement
    skipped: Number(row["skipped"]),
    leaseLeftMs: Number(row["left_ms"]),
    waitMs: Math.max(0, Number(row["wait_ms"])),
    nextDueMs: row["next_due_ms"] === null ? null : Math.max(0, Number(row["next_due_ms"])),
  };
}

/** What became of a claimed recipient. `waiting`: it was certainly not handed over, or refused for now. */
export interface Settled {
  readonly position: number;
  readonly status: "sent" | "failed" | "uncertain" | "waiting";
  readonly reason: string | null;
  readonly detail: string | null;
  /** Whether a try is used up. */
  readonly tried: boolean;
  /** When it is due again, ms from now. */
  readonly delayMs: number;
}

/*
 * Fenced by the claim itself: only who claimed a recipient says what became of it, and may say so late, when a newer
 * attempt has called it uncertain already; not any more once a person has it sent again. What was not handed over waits
 * again while the job goes on; behind its last count it is failed, so that nothing is left out unnamed.
 */
const SETTLE = `
WITH job AS MATERIALIZED (
  SELECT attempt, status FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt >= $3 FOR SHARE
), goes_on AS MATERIALIZED (
  SELECT m.tenant_id FROM :"academy".message m, job
  WHERE m.tenant_id = $1 AND m.job_id = $2 AND job.status <> 'DONE' AND m.closed_attempt IS DISTINCT FROM job.attempt
  FOR SHARE OF m
)
UPDATE :"academy".message_recipient r SET
  status = CASE WHEN x.status = 'waiting' AND NOT EXISTS (SELECT FROM goes_on) THEN 'failed' ELSE x.status END,
  reason = CASE WHEN x.status = 'waiting' AND NOT EXISTS (SELECT FROM goes_on) THEN coalesce(x.reason, 'interrupted') ELSE x.reason END,
  detail = x.detail, tries = r.tries + x.tried, due_at = now() + x.delay_ms * interval '1 millisecond',
  settled_at = CASE WHEN x.status = 'waiting' THEN NULL ELSE now() END
FROM unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::float8[]) AS x (position, status, reason, detail, tried, delay_ms)
WHERE r.tenant_id = $1 AND r.job_id = $2 AND r.position = x.position AND r.attempt = $3
  AND r.status IN ('claimed', 'uncertain') AND r.again_job IS NULL
RETURNING r.position`;

/** Says what became of claimed recipients; one statement, safe to repeat. @throws {database_unavailable} */
export async function settleRecipients(
  database: MessageDatabase,
  { ref, attempt }: Holder,
  settled: readonly Settled[],
): Promise<void> {
  await database.query("work", {
    name: "message-settle",
    text: SETTLE,
    values: [
      ref.tenant,
      ref.id,
      attempt,
      settled.map(({ position }) => position),
      settled.map(({ status }) => status),
      settled.map(({ reason }) => reason),
      settled.map(({ detail }) => detail),
      settled.map(({ tried }) => (tried ? 1 : 0)),
      settled.map(({ delayMs }) => delayMs),
    ],
    repeatable: true,
  });
}

const BEGIN = `
WITH mine AS MATERIALIZED (
  SELECT tenant_id FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING' FOR SHARE
), left_behind AS (
  UPDATE :"academy".message_recipient r SET status = 'uncertain', reason = 'worker_lost', settled_at = now()
  WHERE r.tenant_id = $1 AND r.job_id = $2 AND r.status = 'claimed' AND r.attempt < $3 AND EXISTS (SELECT FROM mine)
  RETURNING r.position
)
SELECT EXISTS (SELECT FROM mine) AS mine, m.planned, m.channel, m.webhook_url, m.subject, m.body,
  (SELECT count(*) FROM left_behind) AS uncertain
FROM (SELECT) AS one LEFT JOIN :"academy".message m ON m.tenant_id = $1 AND m.job_id = $2`;

/** A message as its rows have it. */
export interface PlannedMessage {
  readonly channel: "email" | "webhook";
  readonly webhookUrl: string | null;
  readonly subject: string;
  readonly body: string;
}

/**
 * Begins an attempt: what an earlier one claimed and did not settle is uncertain from now on. One statement.
 * @returns the message; null where no attempt has planned it to its end.
 * @throws {JobError} `fenced`, `message_gone`. {database_unavailable}
 */
export async function beginAttempt(
  database: MessageDatabase,
  { ref, attempt }: Holder,
): Promise<PlannedMessage | "gone" | null> {
  const { rows } = await database.query("work", {
    name: "message-begin",
    text: BEGIN,
    values: [ref.tenant, ref.id, attempt],
    repeatable: true,
  });
  const row = rows[0] ?? {};
  if (row["mine"] !== true) throw new JobError("fenced");
  if (row["planned"] !== true) return null;
  const body = textOrNull(row["body"]);
  if (body === null) return "gone";
  return {
    channel: row["channel"] === "webhook" ? "webhook" : "email",
    webhookUrl: textOrNull(row["webhook_url"]),
    subject: textOrNull(row["subject"]) ?? "",
    body,
  };
}

/** Recipients by what became of them. */
export interface MessageCounts {
  readonly waiting: number;
  readonly claimed: number;
  readonly sent: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly skipped: number;
}

const COUNT = `
SELECT status, coalesce(reason, '') AS reason, count(*)::int AS count FROM :"academy".message_recipient
WHERE tenant_id = $1 AND job_id = $2 GROUP BY 1, 2 ORDER BY 3 DESC, 2`;

export interface CountedReason {
  readonly status: string;
  readonly reason: string;
  readonly count: number;
}

/** Counts a message's recipients, by reason too; one statement. @throws {database_unavailable} */
export async function countRecipients(
  database: MessageDatabase,
  { ref }: Pick<Holder, "ref">,
): Promise<{ readonly counts: MessageCounts; readonly reasons: readonly CountedReason[] }> {
  const { rows } = await database.query("work", {
    name: "message-count",
    text: COUNT,
    values: [ref.tenant, ref.id],
    repeatable: true,
  });
  const counts = { waiting: 0, claimed: 0, sent: 0, failed: 0, uncertain: 0, skipped: 0 };
  const reasons = rows as unknown as readonly CountedReason[]; // the columns of COUNT
  for (const { status, count } of reasons) counts[status as keyof typeof counts] += count;
  return { counts, reasons: reasons.filter(({ reason }) => reason !== "") };
}

const CLOSE = `
WITH mine AS MATERIALIZED (
  SELECT attempt FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING' FOR SHARE
)
UPDATE :"academy".message m SET closed_attempt = CASE WHEN $4::boolean THEN mine.attempt END FROM mine
WHERE m.tenant_id = $1 AND m.job_id = $2 RETURNING m.job_id`;

/**
 * From now on nothing of this job becomes `waiting` again, until it is opened or another attempt begins. What did so
 * before is counted by a statement of its own after this one.
 * @throws {JobError} `fenced`. {database_unavailable}
 */
export async function closeMessage(
  database: MessageDatabase,
  { ref, attempt }: Holder,
  isClosed: boolean,
): Promise<void> {
  const { rows } = await database.query("work", {
    name: "message-close",
    text: CLOSE,
    values: [ref.tenant, ref.id, attempt, isClosed],
    repeatable: true,
  });
  if (rows.length === 0) throw new JobError("fenced");
}
