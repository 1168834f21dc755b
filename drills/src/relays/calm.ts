import {
  deliveryId,
  encodeSnapshot,
  OWN_KEYS,
  refKey,
  snapshotOfRecord,
  type JobRecord,
  type SnapshotHead,
} from "@statusplane/core";
import type { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { RELAYED_JOB_TYPE, RELAYED_TENANT } from "./committers.ts";
import type { Connections } from "./relay-process.ts";

const PAGE = 100;
const LOOK_EVERY_MS = 15;
/** Far beyond what any repair takes: only what is never repaired reaches it. */
const CALM_WITHIN_MS = 60_000;

export interface CalmOptions {
  readonly pool: pg.Pool;
  readonly connections: Connections;
  readonly queueRedis: Redis;
  /** What the feed's subscriber was told last, by ref key. */
  readonly told: ReadonlyMap<string, Pick<SnapshotHead, "attempt" | "version">>;
}

export interface Calm {
  /** Until everything agreed, ms. */
  readonly ms: number;
  /** Null: it did. */
  readonly disagreement: string | null;
  /** Rows that were compared at last. */
  readonly compared: number;
}

/**
 * Waits until nothing is left to repair: no entry in the outbox, no lease, every snapshot its row's byte for byte, every
 * PENDING row's delivery in the queue, and the subscriber told of each row's present version.
 */
export async function untilCalm(options: CalmOptions): Promise<Calm> {
  const startedAtMs = performance.now();
  for (;;) {
    const { disagreement, compared } = await look(options);
    const ms = performance.now() - startedAtMs;
    if (disagreement === null || ms > CALM_WITHIN_MS) return { ms, disagreement, compared };
    await sleep(LOOK_EVERY_MS);
  }
}

async function look(options: CalmOptions): Promise<Omit<Calm, "ms">> {
  const { rows } = await options.pool.query<{ entries: number; running: number }>(`
    SELECT (SELECT count(*) FROM statusplane.job_outbox)::int AS entries,
           (SELECT count(*) FROM statusplane.job WHERE status = 'PROCESSING')::int AS running`);
  const [{ entries, running } = { entries: -1, running: -1 }] = rows; // one row, always
  if (entries !== 0 || running !== 0) {
    return { disagreement: `${entries} entries in the outbox, ${running} leases`, compared: 0 };
  }
  const records = await allRecords(options.connections);
  const disagreement = (await snapshotsOff(records, options)) ?? (await deliveriesOff(records, options));
  return { disagreement, compared: records.length };
}

async function snapshotsOff(
  records: readonly JobRecord[],
  { connections, told }: CalmOptions,
): Promise<string | null> {
  const shown = await connections.store.reader.readMany(records.map(({ ref }) => ref));
  for (const [at, record] of records.entries()) {
    const key = refKey(record.ref);
    const wanted = encodeSnapshot(snapshotOfRecord(record));
    const text = shown[at]?.text ?? null;
    if (text !== wanted.text) return `${key} shows ${text}\n  its row says ${wanted.text}`;
    const last = told.get(key);
    if (last?.attempt !== wanted.attempt || last.version !== wanted.version) {
      return `${key}: the subscriber was told (${last?.attempt}, ${last?.version}) last, not (${wanted.attempt}, ${wanted.version})`;
    }
  }
  return null;
}

async function deliveriesOff(
  records: readonly JobRecord[],
  { queueRedis }: CalmOptions,
): Promise<string | null> {
  const waiting = records.filter(({ status }) => status === "PENDING");
  const there = await Promise.all(
    waiting.map((record) =>
      queueRedis.exists(`${OWN_KEYS.queuePrefix}:${RELAYED_JOB_TYPE}:${deliveryId(record)}`),
    ),
  );
  const missing = waiting.find((_, at) => there[at] !== 1);
  return missing === undefined ? null : `the queue has no delivery ${deliveryId(missing)}`;
}

async function allRecords({ database }: Connections): Promise<readonly JobRecord[]> {
  const records: JobRecord[] = [];
  let cursor: string | null = null;
  do {
    const page = await database.requests.page(RELAYED_TENANT, "job", { cursor, limit: PAGE });
    records.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return records;
}
