import type { JobRecord } from "@statusplane/core";
import type { Database } from "@statusplane/db";
import { expect, it } from "vitest";
import { newRef, newTenant, running, submitted, success } from "./open-records.ts";

/** Keyset pages. */
export function describeHistory(database: () => Database): void {
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
      text: "UPDATE job SET created_at = '2026-01-02T03:04:05.678901Z' WHERE tenant_id = $1 AND id <= $2",
      values: [tenant, refs[5]?.id],
    });
    const newestFirst = refs.map((ref) => ref.id).reverse();
    for (const limit of [1, 2, 3, 9, 100]) {
      expect((await allPages(tenant, limit)).map(({ ref }) => ref.id)).toEqual(newestFirst);
    }
  });

  it("does not repeat or skip when jobs come in between two pages", async () => {
    const tenant = newTenant();
    const first = [];
    for (let i = 0; i < 4; i++) first.push((await submitted(database(), newRef("job", tenant))).ref.id);
    const page = await database().requests.page(tenant, "job", { cursor: null, limit: 2 });
    await submitted(database(), newRef("job", tenant));
    const next = await database().requests.page(tenant, "job", { cursor: page.nextCursor, limit: 2 });
    expect([...page.items, ...next.items].map(({ ref }) => ref.id)).toEqual(first.reverse());
    expect(next.nextCursor).toBeNull();
  });

  it("filters by status and job type, and shows one tenant's one kind", async () => {
    const tenant = newTenant();
    const done = await running(database(), newRef("job", tenant));
    await database().worker.finish(done.ref, 1, success("job"));
    const ocr = await submitted(database(), newRef("job", tenant), { jobType: "ocr" });
    await submitted(database(), newRef("video", tenant));
    await submitted(database(), newRef("job"));
    const ids = async (filter: object): Promise<string[]> => {
      const page = await database().requests.page(tenant, "job", { cursor: null, limit: 10, ...filter });
      return page.items.map(({ ref }) => ref.id);
    };
    expect(await ids({})).toEqual([ocr.ref.id, done.ref.id]);
    expect(await ids({ status: "DONE" })).toEqual([done.ref.id]);
    expect(await ids({ jobType: "ocr" })).toEqual([ocr.ref.id]);
    expect(await ids({ status: "DONE", jobType: "ocr" })).toEqual([]);
  });

  it.each([
    "",
    "x",
    "MTIz",
    Buffer.from("1.a.b").toString("base64url"),
    Buffer.from("-1.a").toString("base64url"),
  ])("refuses the cursor %j", async (cursor) => {
    const page = database().requests.page(newTenant(), "job", { cursor, limit: 5 });
    await expect(page).rejects.toMatchObject({ code: "invalid_request" });
  });
}
