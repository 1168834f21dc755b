import { expect, it } from "vitest";
import { newRef, newTenant, running, submitted, success, type OpenedRecords } from "./opened-records.ts";

/** Keyset pages. */
export function describeHistory(records: () => OpenedRecords): void {
  it("does not repeat or skip when jobs come in between two pages", async () => {
    const tenant = newTenant();
    const first = [];
    for (let i = 0; i < 4; i++) first.push((await submitted(records(), newRef("job", tenant))).ref.id);
    const page = await records().requests.page(tenant, "job", { cursor: null, limit: 2 });
    await submitted(records(), newRef("job", tenant));
    const next = await records().requests.page(tenant, "job", { cursor: page.nextCursor, limit: 2 });
    expect([...page.items, ...next.items].map(({ ref }) => ref.id)).toEqual(first.reverse());
    expect(next.nextCursor).toBeNull();
  });

  it("filters by status, job type and submitter, and shows one tenant's one kind", async () => {
    const tenant = newTenant();
    const done = await running(records(), newRef("job", tenant));
    await records().worker.finish(done.ref, 1, success("job"));
    const scan = await submitted(records(), newRef("job", tenant), { jobType: "scan", createdBy: "bob" });
    await submitted(records(), newRef("video", tenant));
    await submitted(records(), newRef("job"));
    const ids = async (filter: object): Promise<string[]> => {
      const page = await records().requests.page(tenant, "job", { cursor: null, limit: 10, ...filter });
      return page.items.map(({ ref }) => ref.id);
    };
    expect(await ids({})).toEqual([scan.ref.id, done.ref.id]);
    expect(await ids({ status: "DONE" })).toEqual([done.ref.id]);
    expect(await ids({ jobType: "scan" })).toEqual([scan.ref.id]);
    expect(await ids({ status: "DONE", jobType: "scan" })).toEqual([]);
    expect(await ids({ createdBy: "alice" })).toEqual([done.ref.id]);
    expect(await ids({ createdBy: "bob", jobType: "scan", status: "PENDING" })).toEqual([scan.ref.id]);
    expect(await ids({ createdBy: "bob", status: "DONE" })).toEqual([]);
  });

  it.each([
    "",
    "x",
    "MTIz",
    Buffer.from("1.a.b").toString("base64url"),
    Buffer.from("-1.a").toString("base64url"),
  ])("refuses the cursor %j", async (cursor) => {
    const page = records().requests.page(newTenant(), "job", { cursor, limit: 5 });
    await expect(page).rejects.toMatchObject({ code: "invalid_request" });
  });
}
