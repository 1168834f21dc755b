import { encodeJson, type AttemptRecord, type AttemptReport, type StepTime } from "@statusplane/core";
import type { Row } from "./statement.ts";

/** The newest attempts of a job that a detail shows; hand-backs and retries have no bound. */
const SHOWN_ATTEMPTS = 50;

export interface EndOfAttempt {
  /** SQL of the code it ended by; null where it succeeded. */
  readonly code: string;
  /** SQL. Default: there is none. */
  readonly detail?: string;
  /** SQL, JSON text of {@link StepTime}s. Default: not known. */
  readonly steps?: string;
  /** SQL. Default: when the row was claimed. */
  readonly startedAt?: string;
}

/**
 * The row that an ended attempt leaves, as part of the statement that ends it. An attempt has one end; whatever stands
 * there already must not keep a job from ending.
 * @param ended the CTE with the changed rows: one that waits again has the number of its next attempt.
 */
export function leaveAttempt(
  ended: string,
  { code, detail = "NULL", steps = "NULL", startedAt = "started_at" }: EndOfAttempt,
): string {
  return `
    INSERT INTO :"statusplane".job_attempt (tenant_id, kind, id, attempt, started_at, ended_at, code, detail, steps)
    SELECT tenant_id, kind, id, attempt - CASE status WHEN 'PENDING' THEN 1 ELSE 0 END,
      ${startedAt}::timestamptz, now(), ${code}, ${detail}, ${steps}::json
    FROM ${ended}
    ON CONFLICT DO NOTHING`;
}

/** The steps as the statements take them. */
export function stepsText({ steps }: AttemptReport): string | null {
  return steps === undefined ? null : JSON.stringify(steps);
}

/** The checkpoint as the statements take it; null leaves the row's alone. */
export function checkpointText({ checkpoint }: AttemptReport): string | null {
  return checkpoint === undefined ? null : encodeJson(checkpoint);
}

/** SQL of the newest ended attempts of the `job` row at hand, as one JSON array in no order. */
export const ENDED_ATTEMPTS = `
  (SELECT coalesce(json_agg(json_build_object(
      'attempt', attempt, 'code', code, 'steps', steps,
      'started_at_ms', floor(extract(epoch FROM started_at) * 1000)::float8,
      'ended_at_ms', floor(extract(epoch FROM ended_at) * 1000)::float8)), '[]')
    FROM (
      SELECT attempt, code, steps, started_at, ended_at
      FROM :"statusplane".job_attempt AS ended
      WHERE ended.tenant_id = job.tenant_id AND ended.kind = job.kind AND ended.id = job.id
      ORDER BY attempt DESC
      LIMIT ${SHOWN_ATTEMPTS}
    ) AS shown)`;

interface EndedAttempt {
  readonly attempt: number;
  readonly code: string | null;
  readonly steps: readonly StepTime[] | null;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number;
}

/** What {@link ENDED_ATTEMPTS} answered, oldest first. */
export function toAttempts(row: Row): readonly AttemptRecord[] {
  const ended = row["attempts"] as readonly EndedAttempt[];
  return ended
    .toSorted((a, b) => a.attempt - b.attempt)
    .map(({ attempt, code, steps, started_at_ms: startedAtMs, ended_at_ms: endedAtMs }) => ({
      attempt,
      code,
      steps,
      startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
      endedAt: new Date(endedAtMs).toISOString(),
    }));
}
