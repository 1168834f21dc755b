import { isTerminal, refKey, type JobRef, type Status, type StatusReader } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";

const LOOK_EVERY_MS = 50;

export interface AgreementOptions {
  readonly pool: pg.Pool;
  readonly reader: Pick<StatusReader, "readMany">;
  readonly refs: readonly JobRef[];
  /** A PROCESSING snapshot counts only if it is newer than this (Unix ms): the dead write nothing. */
  readonly newerThanMs: number;
  /** Give up after this, ms. */
  readonly withinMs: number;
}

export interface Agreement {
  /** Until the last of them agreed, ms. */
  readonly ms: number;
  /** Those that never did, with what was seen last. */
  readonly never: readonly { readonly ref: JobRef; readonly row: string; readonly shown: string }[];
}

interface Row {
  readonly status: Status;
  readonly attempt: number;
}

/**
 * Waits until the status store has said of each job what its row says (I4): the end, PENDING of the same attempt, or a
 * PROCESSING of the same attempt that was written after the fault. Each needs to agree once; later changes are later news.
 */
export async function untilAgreed(options: AgreementOptions): Promise<Agreement> {
  const startedAtMs = performance.now();
  let waiting = [...options.refs];
  let seen = new Map<string, { row: string; shown: string }>();
  while (waiting.length > 0) {
    const passedMs = performance.now() - startedAtMs;
    if (passedMs > options.withinMs) {
      const never = waiting.map((ref) => ({ ref, ...(seen.get(refKey(ref)) ?? { row: "?", shown: "?" }) }));
      return { ms: passedMs, never };
    }
    ({ waiting, seen } = await disagreeing(waiting, options));
    if (waiting.length > 0) await sleep(LOOK_EVERY_MS);
  }
  return { ms: performance.now() - startedAtMs, never: [] };
}

/** A store that does not answer yet agrees with nothing. */
async function disagreeing(
  refs: readonly JobRef[],
  { pool, reader, newerThanMs }: AgreementOptions,
): Promise<{ waiting: JobRef[]; seen: Map<string, { row: string; shown: string }> }> {
  const seen = new Map<string, { row: string; shown: string }>();
  try {
    const rows = await readRows(pool, refs);
    const shown = await reader.readMany(refs);
    const waiting = refs.filter((ref, index) => {
      const row = rows.get(refKey(ref));
      const snapshot = shown[index] ?? null;
      if (row === undefined) return true;
      seen.set(refKey(ref), {
        row: `${row.status} ${row.attempt}`,
        shown: snapshot === null ? "nothing" : snapshot.text.slice(0, 160),
      });
      if (snapshot === null || snapshot.attempt !== row.attempt || snapshot.status !== row.status)
        return true;
      if (isTerminal(row.status) || row.status === "PENDING") return false;
      return updatedAtMs(snapshot.text) < newerThanMs;
    });
    return { waiting, seen };
  } catch (error) {
    for (const ref of refs) seen.set(refKey(ref), { row: "?", shown: String(error) });
    return { waiting: [...refs], seen };
  }
}

async function readRows(pool: pg.Pool, refs: readonly JobRef[]): Promise<Map<string, Row>> {
  const { rows } = await pool.query<Row & { key: string }>(
    `SELECT tenant_id || '.' || kind || '.' || id AS key, status, attempt FROM statusplane.job
      JOIN unnest($1::text[], $2::text[], $3::text[]) AS wanted (t, k, i)
        ON tenant_id = t AND kind = k AND id = i`,
    [refs.map(({ tenant }) => tenant), refs.map(({ kind }) => kind), refs.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

function updatedAtMs(text: string): number {
  return Date.parse(/"updated_at":"([^"]+)"/.exec(text)?.[1] ?? "");
}
