import { StatusplaneError } from "@statusplane/core";
import { decodeCursor, encodeCursor, type StudentDatabase } from "../students/index.ts";

/** What a student has watched of a video. */
export interface StudentView {
  readonly watched_percent: number;
  readonly attended: boolean;
  /** ISO 8601. */
  readonly last_seen_at: string | null;
  readonly position: number | null;
  readonly session: number;
  readonly version: number;
}

export interface StudentViewsRow {
  readonly student_no: string;
  readonly name: string;
  readonly class_name: string | null;
  /** By whose sign-in the student watches. */
  readonly viewer: string;
  /** Video → what was watched; a video that is missing was not. */
  readonly views: Readonly<Record<string, StudentView>>;
}

export interface StudentViewsPage {
  readonly items: readonly StudentViewsRow[];
  readonly next_cursor: string | null;
}

export interface StudentViewsOf {
  readonly tenant: string;
  readonly videos: readonly string[];
  /** Null: all classes. */
  readonly className: string | null;
  /** Of the page before; null for the first. */
  readonly cursor: string | null;
  readonly limit: number;
}

// One more than asked for tells whether there is a next page.
const PAGE = `
WITH page AS (
  SELECT student.tenant_id, student.student_no, student.name, student.class_name,
    coalesce(mapped.viewer, student.student_no) AS viewer
  FROM :"academy".student LEFT JOIN :"academy".student_viewer AS mapped USING (tenant_id, student_no)
  WHERE tenant_id = $1 AND student_no > $2 AND ($3::text IS NULL OR class_name = $3)
  ORDER BY student_no LIMIT $4
)
SELECT page.student_no, page.name, page.class_name, page.viewer, coalesce((
  SELECT json_object_agg(seen.video_id, json_build_object(
    'watched_percent', CASE WHEN seen.length_seconds = 0 THEN 0
      ELSE least(100, seen.watched_seconds::bigint * 100 / seen.length_seconds) END,
    'attended', seen.attended_at IS NOT NULL,
    'last_seen_at', to_char(seen.seen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'position', seen.position_seconds, 'session', seen.session, 'version', seen.version))
  FROM :"statusplane".view AS seen
  WHERE seen.tenant_id = page.tenant_id AND seen.viewer = page.viewer AND seen.video_id = ANY ($5::text[])
), '{}'::json) AS views
FROM page ORDER BY page.student_no`;

const TITLES = `
SELECT id, title FROM :"statusplane".job WHERE tenant_id = $1 AND kind = 'video' AND id = ANY ($2::text[])`;

const MAP = `
INSERT INTO :"academy".student_viewer (tenant_id, student_no, viewer)
SELECT tenant_id, student_no, $3::text FROM :"academy".student WHERE tenant_id = $1 AND student_no = $2
ON CONFLICT (tenant_id, student_no) DO UPDATE SET viewer = excluded.viewer
RETURNING viewer`;

const VIEWER = `
SELECT coalesce(mapped.viewer, student.student_no) AS viewer
FROM :"academy".student LEFT JOIN :"academy".student_viewer AS mapped USING (tenant_id, student_no)
WHERE tenant_id = $1 AND student_no = $2`;

const REMOVE = `DELETE FROM :"academy".student WHERE tenant_id = $1 AND student_no = $2`;

/** Students of each tenant joined with what they have watched. */
export class StudentViews {
  readonly #database: StudentDatabase;

  constructor(database: StudentDatabase) {
    this.#database = database;
  }

  /**
   * One page by student number; one statement.
   * @throws {invalid_request} for a cursor that is not ours; {database_unavailable}.
   */
  async page({ tenant, videos, className, cursor, limit }: StudentViewsOf): Promise<StudentViewsPage> {
    const after = decodeCursor(cursor);
    const rows = await this.#ask("student-views-page", PAGE, [
      tenant,
      after,
      className,
      limit + 1,
      [...videos],
    ]);
    const items = rows.slice(0, limit) as unknown as StudentViewsRow[]; // the columns of PAGE
    const last = items.at(-1);
    const isMore = rows.length > limit && last !== undefined;
    return { items, next_cursor: isMore ? encodeCursor(last.student_no) : null };
  }

  /** What the videos are called; one statement. @throws {database_unavailable} */
  async titles(tenant: string, videos: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#ask("student-views-titles", TITLES, [tenant, [...videos]]);
    return new Map(rows.map((row) => [String(row["id"]), String(row["title"] ?? row["id"])]));
  }

  /**
   * From now on this student watches by that sign-in.
   * @throws {invalid_request} when another student does; {database_unavailable}.
   * @returns whether there is such a student.
   */
  async mapViewer(tenant: string, studentNo: string, viewer: string): Promise<boolean> {
    try {
      return (await this.#ask("student-viewer-map", MAP, [tenant, studentNo, viewer])).length > 0;
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw new StatusplaneError("invalid_request", { detail: "viewer: another student's", cause: error });
    }
  }

  /** By whose sign-in a student watches; null: there is no such student. @throws {database_unavailable} */
  async viewerOf(tenant: string, studentNo: string): Promise<string | null> {
    const [row] = await this.#ask("student-viewer-of", VIEWER, [tenant, studentNo]);
    return row === undefined ? null : String(row["viewer"]);
  }

  /** @throws {database_unavailable} */
  async remove(tenant: string, studentNo: string): Promise<void> {
    await this.#ask("student-remove", REMOVE, [tenant, studentNo]);
  }

  async #ask(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#database.query("people", { name, text, values, repeatable: true })).rows;
  }
}

/** Of a unique index. */
function isTaken(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && at.code === "23505") return true;
  }
  return false;
}
