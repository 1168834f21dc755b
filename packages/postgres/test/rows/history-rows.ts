import type { JobRecord } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import { expect, it } from "vitest";
import { FIND_MANY } from "../../src/find.ts";
import { PAGES } from "../../src/page.ts";
import { newRef, newTenant, submitted } from "@statusplane/core/testing/job-records";

/** How Postgres carries a statement out whose plan knows no value. */
async function planOf(database: Database, text: string, values: string): Promise<string> {
  return database.transaction("watching", async ({ query }) => {
    await query({ text: "SET LOCAL plan_cache_mode = force_generic_plan" });
    await query({ text: `PREPARE planned AS ${text}` });
    const { rows } = await query({
      text: `EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) EXECUTE planned (${values})`,
    });
    await query({ text: "DEALLOCATE planned" });
    return rows.map((row) => String(row["QUERY PLAN"])).join("\n");
  });
}

/** Keyset pages where only the tables, or the plans, show it. */
export function describeHistoryRows(database: () => Database): void {
  async function allPages(tenant: string, limit: number): Promise<readonly JobRecord[]> {
    const items: JobRecord[] = [];
    let cursor: string | null = null;
    do {
      const page = await database().requests.page(tenant, "job", { cursor, limit });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }

  it("shows every job once, newest first, also those of the same microsecond", async () => {
    const tenant = newTenant();
    const refs = Array.from({ length: 9 }, () => newRef("job", tenant));
    for (const ref of refs) await submitted(database(), ref);
    await database().query("watching", {
      text: "UPDATE statusplane.job SET created_at = '2026-01-02T03:04:05.678901Z' WHERE tenant_id = $1 AND id <= $2",
      values: [tenant, refs[5]?.id],
    });
    const newestFirst = refs.map((ref) => ref.id).reverse();
    for (const limit of [1, 2, 3, 9, 100]) {
      expect((await allPages(tenant, limit)).map(({ ref }) => ref.id)).toEqual(newestFirst);
    }
  });

  it("walks an index, whatever it is narrowed by, and looks rows up by their key, under a plan made for all values", async () => {
    const tenants = [newTenant(), newTenant()];
    const [tenant = ""] = tenants;
    await database().query("watching", {
      text: `
        INSERT INTO statusplane.job (tenant_id, kind, id, job_type, payload, status, created_at, finished_at, result_bytes, result, created_by)
        SELECT tenant, 'job', 'row-' || lpad(n::text, 6, '0'), CASE WHEN n % 100 = 0 THEN 'scan' ELSE 'report' END, '{}',
          CASE WHEN n % 1000 = 0 THEN 'FAILED' ELSE 'DONE' END, '2026-01-01'::timestamptz + n * interval '1 second',
          '2026-02-01', 2, '{}', CASE WHEN n % 50 = 0 THEN 'bob' ELSE 'alice' END
        FROM generate_series(1, 20000) AS n, unnest($1::text[]) AS tenant`,
      values: [tenants],
    });
    await database().query("watching", {
      text: `
        INSERT INTO statusplane.job_attempt (tenant_id, kind, id, attempt, ended_at)
        SELECT tenant_id, kind, id, 1, finished_at FROM statusplane.job WHERE tenant_id = ANY ($1::text[])`,
      values: [tenants],
    });
    await database().query("watching", { text: "ANALYZE statusplane.job, statusplane.job_attempt" });
    const page = "'{$T}', 'job', $CURSOR, 'row-010000', 21";
    for (const [statement, values, index] of [
      [PAGES.get("page"), page, "job_history"],
      [PAGES.get("page_by_status"), `${page}, 'FAILED'`, "job_history_status"],
      [PAGES.get("page_by_job_type"), `${page}, 'scan'`, "job_history_type"],
      [PAGES.get("page_by_status_by_job_type"), `${page}, 'FAILED', 'scan'`, "job_history_status_type"],
      [PAGES.get("page_by_created_by"), `${page}, 'bob'`, "job_history_created_by"],
      [PAGES.get("page_by_status_by_created_by"), `${page}, 'FAILED', 'bob'`, "job_history_created_by"],
      [PAGES.get("page_by_job_type_by_created_by"), `${page}, 'scan', 'bob'`, "job_history_created_by"],
      [
        PAGES.get("page_by_status_by_job_type_by_created_by"),
        `${page}, 'FAILED', 'scan', 'bob'`,
        "job_history_created_by",
      ],
      [FIND_MANY, "'{{$T},{$T}}', '{job,job}', '{row-000001,row-000002}'", "job_pkey"],
    ] as const) {
      for (const cursor of values.includes("$CURSOR") ? ["NULL", "1767235600000000"] : [""]) {
        const given = values
          .replaceAll("'{$T}'", `'${tenant}'`)
          .replaceAll("{$T}", tenant)
          .replace("$CURSOR", cursor);
        const plan = await planOf(database(), statement?.text ?? "", `8192, ${given}`);
        expect(plan, plan).toMatch(new RegExp(`Index Scan.* using ${index} on job`));
        expect(plan).not.toMatch(/Seq Scan|Sort|Filter:|Rows Removed/);
      }
    }
    const failed = await database().requests.page(tenant, "job", {
      cursor: null,
      limit: 100,
      status: "FAILED",
    });
    expect(failed.items.map(({ ref }) => ref.id)).toEqual(
      Array.from({ length: 20 }, (_, n) => `row-${String(20_000 - n * 1_000).padStart(6, "0")}`),
    );
    for (const table of ["job", "job_attempt"]) {
      await database().query("watching", {
        text: `DELETE FROM statusplane.${table} WHERE tenant_id = ANY ($1::text[])`,
        values: [tenants],
      });
    }
  });
}
