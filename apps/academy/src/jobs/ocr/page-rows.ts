import { JobError, type JobRef } from "@statusplane/core";
import type { PageReading } from "./page-reading.ts";

/** What this job type holds of the database; `Database` of the postgres package fits. */
export interface OcrDatabase {
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

/**
 * One page that was read. `mine` is the fence: it finds (and holds until COMMIT) the job's row only while this attempt
 * is running; without it nothing is written.
 */
const WRITE_PAGE = `
WITH mine AS MATERIALIZED (
  SELECT tenant_id, id, attempt FROM :"statusplane".job
  WHERE tenant_id = $1 AND kind = 'job' AND id = $2 AND attempt = $3 AND status = 'PROCESSING'
  FOR SHARE
)
INSERT INTO :"academy".ocr_page (tenant_id, job_id, page, attempt, reading)
SELECT mine.tenant_id, mine.id, $4, mine.attempt, $5::jsonb FROM mine
ON CONFLICT (tenant_id, job_id, page) DO UPDATE SET attempt = excluded.attempt, reading = excluded.reading
RETURNING page`;

/**
 * Keeps what was read of a page: the next attempt goes on after it.
 * @throws {JobError} `fenced` when the attempt is over: nothing was written
 */
export async function writePage(
  database: OcrDatabase,
  { ref, attempt }: { readonly ref: JobRef; readonly attempt: number },
  reading: PageReading,
): Promise<void> {
  const { rows } = await database.query("work", {
    name: "ocr-write-page",
    text: WRITE_PAGE,
    values: [ref.tenant, ref.id, attempt, reading.page, JSON.stringify(reading)],
    repeatable: true,
  });
  if (rows.length === 0) throw new JobError("fenced");
}

/** Pages that are fetched at once: a thousand full ones are too many for one answer. */
const PAGES_AT_ONCE = 100;

const FIND_PAGES = `
SELECT reading FROM :"academy".ocr_page WHERE tenant_id = $1 AND job_id = $2 AND page > $3 ORDER BY page LIMIT $4`;

/** What earlier attempts have read, in order. */
export async function* findPages(
  database: OcrDatabase,
  { tenant, id }: JobRef,
): AsyncGenerator<PageReading, void, undefined> {
  let after = 0;
  for (;;) {
    const { rows } = await database.query("work", {
      name: "ocr-find-pages",
      text: FIND_PAGES,
      values: [tenant, id, after, PAGES_AT_ONCE],
      repeatable: true,
    });
    for (const { reading } of rows) {
      const page = reading as PageReading; // written by `writePage` alone
      after = page.page;
      yield page;
    }
    if (rows.length < PAGES_AT_ONCE) return;
  }
}
