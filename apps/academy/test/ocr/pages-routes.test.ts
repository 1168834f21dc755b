import { jobRef, snapshotOfRecord } from "@statusplane/core";
import { requireTenant } from "@statusplane/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  openTestServer,
  recordOf,
  signedIn,
  type TestServer,
} from "../../../../packages/server/test/fakes/index.ts";
import { pagesRoutes } from "../../src/jobs/ocr/index.ts";

const TENANTS = ["1", "2"] as const;
const FILES = ["pages.json", "text.txt", "searchable.pdf", "page-1.json", "page-1.jpg"];

let test: TestServer;
beforeEach(async () => {
  test = await openTestServer({
    extend: (fastify, _details, outputs) => pagesRoutes(fastify, { outputs, requireTenant }),
  });
  for (const tenant of TENANTS) {
    const ref = jobRef(tenant, "job", "same");
    const files = FILES.slice(0, 3).map((name) => ({ name, bytes: 1 }));
    const changes = { status: "DONE", attempt: 1, result: { kind: "inline", value: {} }, files } as const;
    test.store.put(snapshotOfRecord(test.records.put(recordOf(ref, changes))));
    for (const name of FILES) await test.files.writeOutput(ref, 1, name, `${name} of ${tenant}`);
  }
});
afterEach(() => test.close());

it.each([
  ["pages/1/", "page-1.json"],
  ["pages/1/picture/", "page-1.jpg"],
  ["files/text.txt", "text.txt"],
  ["files/searchable.pdf", "searchable.pdf"],
])("%s of one id is each tenant's own, without a statement", async (address, name) => {
  for (const tenant of TENANTS) {
    const answer = await get(`/api/v1/jobs/same/${address}`, tenant);
    expect([answer.statusCode, answer.body]).toEqual([200, `${name} of ${tenant}`]);
  }
  await test.files.removeJob(jobRef("2", "job", "same"));
  const [mine, theirs] = [
    await get(`/api/v1/jobs/same/${address}`, "1"),
    await get(`/api/v1/jobs/same/${address}`, "2"),
  ];
  expect([mine.statusCode, theirs.statusCode]).toEqual([200, 404]);
  expect(test.records.statements).toEqual([]);
});

it.each(["0", "01", "-1", "2", "1e3", "1000000", "..%2f1", "%00"])(
  "page %s of a document of one is not there",
  async (page) => {
    for (const rest of ["", "picture/"]) {
      const answer = await get(`/api/v1/jobs/same/pages/${page}/${rest}`, "1");
      expect(answer.statusCode).toBe(404);
    }
  },
);

async function get(url: string, tenant: string) {
  return test.server.inject({ url, headers: await signedIn(Number(tenant)) });
}
