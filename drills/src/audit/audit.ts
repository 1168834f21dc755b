import {
  encodeSnapshot,
  isStatus,
  isTerminal,
  jobRef,
  refKey,
  snapshotOfRecord,
  type JobRecord,
  type JobRef,
  type Kind,
  type StatusReader,
} from "@statusplane/core";
import { openServerDatabase } from "@statusplane/postgres";
import { eventually } from "@statusplane/test-support";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Violation } from "../drill.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { DrillLoad } from "../load/drill-load.ts";
import { checkBeginnings } from "./beginnings.ts";
import { collectLeftovers } from "./collect-leftovers.ts";
import type { KeyLife } from "./key-lives.ts";

export interface AuditOptions {
  readonly fleet: Fleet;
  readonly load: DrillLoad;
  readonly reader: StatusReader;
  readonly lives: () => Promise<readonly KeyLife[]>;
  /** All work must have ended by then, ms. */
  readonly withinMs: number;
}

const REFS_AT_ONCE = 500;

/** After the last fault, in calm: every record, snapshot, key, file and what every client shows, against each other. */
export async function audit(options: AuditOptions): Promise<Violation[]> {
  const { fleet, load, withinMs } = options;
  const found: Violation[] = [];
  const unfinished = await untilAllEnded(options);
  for (const row of unfinished) {
    found.push({ invariant: "I8", what: `not ended ${withinMs} ms after the last fault: ${row}` });
  }
  await untilOutboxIsEmpty(fleet);
  const records = await readRecords(
    fleet,
    [...load.jobs.values()].map(({ ref }) => ref),
  );
  found.push(...(await checkRowsAreAcknowledged(options)));
  found.push(...(await checkSnapshots([...records.values()], options.reader)));
  found.push(...(await checkRemoved(records, options)));
  found.push(...checkLives(await options.lives()));
  found.push(...(await checkShown([...records.values()], load)));
  found.push(...(await checkFiles([...records.values()], fleet)));
  found.push(...(await checkBeginnings(fleet.folder)));
  return found;
}

async function untilAllEnded({ fleet, withinMs }: AuditOptions): Promise<string[]> {
  let unfinished: string[] = [];
  const look = async (): Promise<boolean> => {
    const { rows } = await fleet.pool.query<{ row: string }>(
      `SELECT concat_ws(' ', tenant_id, kind, id, status, attempt, tries, run_at, lease_until) AS row FROM statusplane.job
        WHERE finished_at IS NULL LIMIT 20`,
    );
    unfinished = rows.map(({ row }) => row);
    return unfinished.length === 0;
  };
  await eventually("all work has ended", look, withinMs).catch(() => undefined); // what is left is the finding
  return unfinished;
}

async function untilOutboxIsEmpty(fleet: Fleet): Promise<void> {
  await eventually(
    "the outbox is empty",
    async () => (await fleet.pool.query("SELECT FROM statusplane.job_outbox LIMIT 1")).rowCount === 0,
    60_000 + fleet.timings.settleMs,
  );
}

async function readRecords(fleet: Fleet, refs: readonly JobRef[]): Promise<Map<string, JobRecord>> {
  const database = await openServerDatabase({ url: fleet.databaseUrl });
  try {
    const records = new Map<string, JobRecord>();
    for (let from = 0; from < refs.length; from += 16) {
      const found = await Promise.all(refs.slice(from, from + 16).map((ref) => database.requests.find(ref)));
      for (const record of found) if (record !== null) records.set(refKey(record.ref), record);
    }
    return records;
  } finally {
    await database.close();
  }
}

/** I10: each acknowledged job has its row, and there is no row that nobody was promised: a key that gave two jobs. */
async function checkRowsAreAcknowledged({ fleet, load }: AuditOptions): Promise<Violation[]> {
  const { rows } = await fleet.pool.query<{ key: string }>(
    "SELECT tenant_id || '.' || kind || '.' || id AS key FROM statusplane.job",
  );
  const inRows = new Set(rows.map(({ key }) => key));
  const lost = [...load.jobs.keys()].filter((key) => !inRows.has(key) && !load.removed.has(key));
  const unasked = [...inRows].filter((key) => !load.jobs.has(key));
  return [
    ...lost.map((key) => ({ invariant: "I10" as const, what: `acknowledged, but no row: ${key}` })),
    ...unasked.map((key) => ({
      invariant: "I10" as const,
      what: `a row that no submit was told of: ${key}`,
    })),
  ];
}

/** I4: what was removed is in the store no more; that its files are gone too is the files' check. */
async function checkRemoved(
  records: ReadonlyMap<string, JobRecord>,
  { load, reader }: AuditOptions,
): Promise<Violation[]> {
  const gone = [...load.jobs].filter(([key]) => load.removed.has(key) && !records.has(key));
  const shown = await reader.readMany(gone.map(([, { ref }]) => ref));
  return gone.flatMap(([key], index) =>
    shown[index] === null ? [] : [{ invariant: "I4" as const, what: `removed, but shown: ${key}` }],
  );
}

/** I4: byte for byte what the row alone tells. */
async function checkSnapshots(records: readonly JobRecord[], reader: StatusReader): Promise<Violation[]> {
  const found: Violation[] = [];
  for (let from = 0; from < records.length; from += REFS_AT_ONCE) {
    const page = records.slice(from, from + REFS_AT_ONCE);
    const shown = await reader.readMany(page.map(({ ref }) => ref));
    for (const [index, record] of page.entries()) {
      const expected = encodeSnapshot(snapshotOfRecord(record)).text;
      const text = shown[index]?.text ?? "nothing";
      if (text !== expected)
        found.push({ invariant: "I4", what: `row says ${expected}, store says ${text}` });
    }
  }
  return found;
}

/** I2: live keys slide, terminal ones stay. */
export function checkLives(lives: readonly KeyLife[]): Violation[] {
  return lives
    .filter(({ status, ttlMs }) => isTerminal(status) !== (ttlMs === -1))
    .map((life) => ({ invariant: "I2", what: `TTL does not fit the status: ${JSON.stringify(life)}` }));
}

/**
 * Every client that watched a job shows its end. One that has seen an earlier attempt's end looks at nothing any more until
 * somebody opens the page again, as whoever retried it elsewhere, or had no answer, does.
 */
async function checkShown(records: readonly JobRecord[], load: DrillLoad): Promise<Violation[]> {
  const wrong = (): JobRecord[] =>
    records.filter(({ ref, status, attempt }) => {
      const shown = load.shown(ref);
      return shown?.status !== status || shown.attempt !== attempt;
    });
  for (const { ref, attempt } of wrong()) {
    const shown = load.shown(ref);
    if (shown !== undefined && isStatus(shown.status) && isTerminal(shown.status) && shown.attempt < attempt)
      load.watch(ref);
  }
  await eventually("every client shows every end", () => wrong().length === 0, 60_000).catch(() => undefined); // what is left is the finding
  return wrong().map(({ ref, status, attempt }) => {
    const { status: shown, attempt: of } = load.shown(ref) ?? { status: "nothing", attempt: 0 };
    return {
      invariant: "I4",
      what: `a client shows ${shown} ${of}, the row says ${status} ${attempt}: ${refKey(ref)}`,
    };
  });
}

/**
 * I9 and leftovers: outputs of READY and DONE attempts only, nothing in the temporary folder. A process that was killed
 * removes nothing; what it left is the collector's, which comes a day later: so the collector of that day is run first.
 */
async function checkFiles(records: readonly JobRecord[], fleet: Fleet): Promise<Violation[]> {
  await collectLeftovers(fleet);
  const byKey = new Map(records.map((record) => [refKey(record.ref), record]));
  const left: string[] = (await names(join(fleet.dataFolder, "temp"))).map((name) => `temp/${name}`);
  for (const kind of ["video", "job"] as const satisfies readonly Kind[]) {
    for (const tenant of await names(join(fleet.dataFolder, "outputs", kind))) {
      for (const id of await names(join(fleet.dataFolder, "outputs", kind, tenant))) {
        const record = byKey.get(refKey(jobRef(tenant, kind, id)));
        for (const attempt of await names(join(fleet.dataFolder, "outputs", kind, tenant, id))) {
          const published = record?.status === "READY" || record?.status === "DONE";
          if (!published || String(record.attempt) !== attempt)
            left.push(`${kind}/${tenant}/${id}/${attempt}`);
        }
      }
    }
  }
  return left.map((path) => ({ invariant: "I9", what: `left over: ${path}` }));
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
