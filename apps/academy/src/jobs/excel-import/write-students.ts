import { JobError, type JobRef } from "@statusplane/core";
import type { StudentChunk } from "./reader-messages.ts";

/** What an import holds of the database; `Database` of the postgres package fits. */
export interface ImportDatabase {
  query(
    cause: "work",
    query: {
      readonly name: string;
      readonly text: string;
      readonly values: readonly unknown[];
      readonly repeatable?: boolean;
    },
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}

/** What an import's committed chunks have done so far, over all its attempts. */
export interface Checkpoint {
  /** The position of the last row in the database, 0 for none. */
  readonly position: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

export const NOTHING_WRITTEN: Checkpoint = { position: 0, inserted: 0, updated: 0, unchanged: 0 };

/**
 * One chunk: rows and checkpoint together, or neither. `mine` is the fence: it finds (and holds until COMMIT) the
 * job's row only while this attempt is running; without it nothing is written. A value that the file does not give
 * (no such column, or an empty cell) leaves the student's own alone. Equal rows are left untouched, so they cost no
 * dead row and no WAL.
 */
const WRITE_CHUNK = `
WITH mine AS MATERIALIZED (
  SELECT tenant_id, id, attempt FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING'
  FOR SHARE
), written AS (
  INSERT INTO :"academy".student AS s (tenant_id, student_no, name, grade, school, class_name, phone, parent_phone, registered_on, memo, email)
  SELECT $1, x.* FROM unnest($5::text[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::date[], $13::text[], $14::text[]) AS x
  WHERE EXISTS (SELECT FROM mine)
  ON CONFLICT (tenant_id, student_no) DO UPDATE SET (name, grade, school, class_name, phone, parent_phone, registered_on, memo, email, updated_at) =
    (excluded.name, coalesce(excluded.grade, s.grade), coalesce(excluded.school, s.school),
     coalesce(excluded.class_name, s.class_name), coalesce(excluded.phone, s.phone),
     coalesce(excluded.parent_phone, s.parent_phone), coalesce(excluded.registered_on, s.registered_on),
     coalesce(excluded.memo, s.memo), coalesce(excluded.email, s.email), now())
  WHERE (s.name, s.grade, s.school, s.class_name, s.phone, s.parent_phone, s.registered_on, s.memo, s.email)
    IS DISTINCT FROM (excluded.name, coalesce(excluded.grade, s.grade), coalesce(excluded.school, s.school),
      coalesce(excluded.class_name, s.class_name), coalesce(excluded.phone, s.phone),
      coalesce(excluded.parent_phone, s.parent_phone), coalesce(excluded.registered_on, s.registered_on),
      coalesce(excluded.memo, s.memo), coalesce(excluded.email, s.email))
  RETURNING (s.xmax = 0) AS inserted
), counted AS (
  SELECT count(*) FILTER (WHERE inserted) AS inserted, count(*) FILTER (WHERE NOT inserted) AS updated FROM written
)
INSERT INTO :"academy".import_checkpoint AS c (tenant_id, job_id, attempt, rows_read, inserted, updated, unchanged)
SELECT mine.tenant_id, mine.id, mine.attempt, $4, counted.inserted, counted.updated,
  cardinality($5::text[]) - counted.inserted - counted.updated
FROM mine, counted
ON CONFLICT (tenant_id, job_id) DO UPDATE SET attempt = excluded.attempt, rows_read = excluded.rows_read,
  inserted = c.inserted + excluded.inserted, updated = c.updated + excluded.updated,
  unchanged = c.unchanged + excluded.unchanged, updated_at = now()
RETURNING c.rows_read, c.inserted, c.updated, c.unchanged`;

/**
 * Writes one chunk and answers the import's new checkpoint.
 * @throws {JobError} `fenced` when the attempt is over: nothing was written. {database_unavailable}: whether it was
 * written is unknown; the next attempt's checkpoint tells.
 */
export async function writeChunk(
  database: ImportDatabase,
  { ref, attempt }: { readonly ref: JobRef; readonly attempt: number },
  { position, columns }: StudentChunk,
): Promise<Checkpoint> {
  const { rows } = await database.query("work", {
    name: "import-write-chunk",
    text: WRITE_CHUNK,
    values: [ref.tenant, ref.id, attempt, position, ...columns],
  });
  const [row] = rows;
  if (row === undefined) throw new JobError("fenced");
  return checkpointOf(row);
}

const FIND_CHECKPOINT =
  'SELECT rows_read, inserted, updated, unchanged FROM :"academy".import_checkpoint WHERE tenant_id = $1 AND job_id = $2';

/** How far the import's earlier attempts came. */
export async function findCheckpoint(database: ImportDatabase, { tenant, id }: JobRef): Promise<Checkpoint> {
  const { rows } = await database.query("work", {
    name: "import-find-checkpoint",
    text: FIND_CHECKPOINT,
    values: [tenant, id],
    repeatable: true,
  });
  const [row] = rows;
  return row === undefined ? NOTHING_WRITTEN : checkpointOf(row);
}

function checkpointOf(row: Readonly<Record<string, unknown>>): Checkpoint {
  return {
    position: Number(row["rows_read"]),
    inserted: Number(row["inserted"]),
    updated: Number(row["updated"]),
    unchanged: Number(row["unchanged"]),
  };
}
