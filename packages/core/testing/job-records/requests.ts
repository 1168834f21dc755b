import { jobRef } from "@statusplane/core";
import { expect, it } from "vitest";
import {
  claimed,
  newJob,
  newRef,
  newTenant,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

/** Submit, find, cancel and retry, as request routes use them. */
export function describeRequests(records: () => OpenedRecords): void {
  it("submits a job as PENDING of attempt 1, with an entry due after the committer's grace", async () => {
    const ref = newRef();
    const record = await submitted(records(), ref);
    expect(record).toMatchObject({
      ref,
      jobType: "report",
      status: "PENDING",
      attempt: 1,
      tries: 0,
      maxTries: 3,
      runInMs: 0,
      cancelRequested: false,
      title: "3월 보고서",
      payload: { rows: 3 },
      createdBy: "alice",
      result: null,
      finishedAt: null,
    });
    expect(record.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const entry = await records().entryOf(ref);
    expect(entry?.applied).toBe(false);
    expect(entry?.dueInMs).toBeGreaterThan(0);
    expect(entry?.dueInMs).toBeLessThanOrEqual(2_000);
  });

  it("takes texts that Postgres cannot hold, and gives JSON back as it was", async () => {
    const payload = { z: "a\u0000b", a: "\ud800", list: [1.5, null, true] };
    const record = await submitted(records(), newRef(), { title: "a\u0000b", payload });
    expect(record.title).toBe("ab");
    expect(JSON.stringify(record.payload)).toBe(JSON.stringify(payload));
    expect(record.metadata).toBeNull();
  });

  it("keeps a job's metadata as it was given", async () => {
    const metadata = { z: "a\u0000b", a: ["봄", 1.5, null] };
    const { ref } = await submitted(records(), newRef(), { metadata });
    expect(JSON.stringify((await records().requests.find(ref))?.metadata)).toBe(JSON.stringify(metadata));
  });

  it("answers the first job to the same Idempotency-Key and body, and refuses another body", async () => {
    const tenant = newTenant();
    const idempotency = { key: "k 1", bodyHash: "h1" };
    const first = await submitted(records(), newRef("job", tenant), { idempotency });
    const submit = (bodyHash: string, to: string = tenant): Promise<unknown> =>
      records().requests.submit(newJob(newRef("job", to), { idempotency: { key: "k 1", bodyHash } }));
    const find = (bodyHash: string, of: string = tenant): Promise<unknown> =>
      records().requests.findSubmitted(of, { key: "k 1", bodyHash });
    expect(await find("h1")).toMatchObject({ outcome: "repeated", record: { ref: first.ref } });
    expect(await find("h2")).toEqual({ outcome: "conflict" });
    expect(await find("h1", newTenant())).toBeNull();
    expect(await submit("h1")).toMatchObject({ outcome: "repeated", record: { ref: first.ref } });
    expect(await submit("h2")).toEqual({ outcome: "conflict" });
    expect(await submit("h2", newTenant())).toMatchObject({ outcome: "created" });
    expect((await records().requests.page(tenant, "job", { cursor: null, limit: 10 })).items).toHaveLength(1);
  });

  it("makes one job of the same Idempotency-Key sent ten times at once", async () => {
    const tenant = newTenant();
    const idempotency = { key: "once", bodyHash: "h" };
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        records().requests.submit(newJob(newRef("job", tenant), { idempotency })),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "created")).toHaveLength(1);
    const ids = outcomes.map((one) => (one.outcome === "conflict" ? "conflict" : one.record.ref.id));
    expect(new Set(ids).size).toBe(1);
  });

  it("never overwrites a job by its id", async () => {
    const ref = newRef();
    await submitted(records(), ref);
    expect(await records().requests.submit(newJob(ref))).toMatchObject({ outcome: "repeated" });
    expect(await records().requests.submit(newJob(ref, { payload: { rows: 4 } }))).toEqual({
      outcome: "conflict",
    });
    expect(await records().requests.find(ref)).toMatchObject({ payload: { rows: 3 } });
  });

  it("keeps equal ids of two tenants and two kinds apart", async () => {
    const [a, b] = [newTenant(), newTenant()];
    const refs = [jobRef(a, "job", "7"), jobRef(a, "video", "7"), jobRef(b, "job", "7")];
    for (const [index, ref] of refs.entries()) await submitted(records(), ref, { title: `title ${index}` });
    const [jobOfA, videoOfA, jobOfB] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
    await records().requests.cancel(jobOfA);
    expect(await records().requests.find(jobOfA)).toMatchObject({ title: "title 0", status: "CANCELLED" });
    expect(await records().requests.find(videoOfA)).toMatchObject({ title: "title 1", status: "PENDING" });
    expect(await records().requests.find(jobOfB)).toMatchObject({ title: "title 2", status: "PENDING" });
    expect(await records().requests.find(jobRef(b, "video", "7"))).toBeNull();
  });

  it("finds many rows of many tenants by one statement, in the order asked, each under its own tenant alone", async () => {
    const [one, two] = [newRef(), newRef("video")];
    await submitted(records(), one);
    await submitted(records(), two);
    const before = records().statements();
    const foreign = jobRef(two.tenant, one.kind, one.id);
    const found = await records().requests.findMany([two, foreign, newRef(), one, two]);
    expect(found.map((record) => record?.ref ?? null)).toEqual([two, null, null, one, two]);
    expect(found[3]).toEqual({ ...(await records().requests.find(one)), attempts: [] });
    expect(records().statements() - before).toBe(2);
    expect(await records().requests.findMany([])).toEqual([]);
  });

  it("shows no tenant another's job, and lets none cancel or retry it, whatever its status", async () => {
    const [waiting, live, failed, done] = await Promise.all([
      submitted(records()),
      running(records()),
      running(records()),
      running(records()),
    ]);
    const failure = { errorCode: "x", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 };
    await records().worker.failTry(failed.ref, 1, failure);
    await records().worker.finish(done.ref, 1, success("job"));
    for (const { ref } of [waiting, live, failed, done]) {
      const before = await records().requests.find(ref);
      const foreign = jobRef(newTenant(), "job", ref.id);
      expect(await records().requests.find(foreign)).toBeNull();
      expect(await records().requests.findResult(foreign)).toBeNull();
      expect(await records().requests.cancel(foreign)).toEqual({ outcome: "not_found" });
      expect(await records().requests.retry(foreign)).toEqual({ outcome: "not_found" });
      expect(await records().requests.find(ref)).toEqual(before);
    }
  });

  it("answers each tenant its own earlier job to an equal id or Idempotency-Key", async () => {
    const idempotency = { key: "the same", bodyHash: "h" };
    const id = newRef().id;
    const tenants = [newTenant(), newTenant()];
    const jobs = tenants.flatMap((tenant) => [
      newJob(newRef("job", tenant), { idempotency }),
      newJob(jobRef(tenant, "job", id), { payload: { of: tenant } }),
    ]);
    for (const job of jobs) {
      expect(await records().requests.submit(job)).toMatchObject({ outcome: "created" });
    }
    for (const job of jobs) {
      const again = await records().requests.submit(job);
      expect(again).toMatchObject({ outcome: "repeated", record: { ref: job.ref } });
    }
  });

  it("reads a large result only when asked for it", async () => {
    const { ref } = await running(records());
    const value = { text: "가".repeat(5_000) };
    const bytes = Buffer.byteLength(JSON.stringify(value));
    const result = { kind: "value", value, bytes } as const;
    const ended = await records().worker.finish(ref, 1, { status: "DONE", result });
    expect(ended?.result).toEqual({ kind: "row", bytes });
    expect(await records().requests.find(ref)).toMatchObject({ result: { kind: "row", bytes } });
    expect(await records().requests.findResult(ref)).toEqual({ attempt: 1, text: JSON.stringify(value) });
    expect(await records().requests.findResult(newRef("job", ref.tenant))).toBeNull();
  });

  it("cancels a waiting job at once, and says so again", async () => {
    const { ref } = await submitted(records());
    const before = await records().entryOf(ref);
    expect(await records().requests.cancel(ref)).toMatchObject({
      outcome: "cancelled",
      record: { status: "CANCELLED", attempt: 1, errorCode: "cancelled", result: null },
    });
    const after = await records().entryOf(ref);
    expect(after?.generation).not.toBe(before?.generation);
    expect(await records().requests.cancel(ref)).toMatchObject({ outcome: "cancelled" });
    expect((await records().entryOf(ref))?.generation).toBe(after?.generation);
    expect(await records().worker.claim(ref, "w", 1_000)).toEqual({ outcome: "gone" });
  });

  it("requests the cancel of a running job, as often as asked, without an entry", async () => {
    const { ref } = await running(records());
    const before = await records().entryOf(ref);
    for (let i = 0; i < 2; i++) {
      expect(await records().requests.cancel(ref)).toMatchObject({
        outcome: "requested",
        record: { status: "PROCESSING", cancelRequested: true },
      });
    }
    expect((await records().entryOf(ref))?.generation).toBe(before?.generation);
  });

  it("does not cancel what has ended, or what another tenant has", async () => {
    const { ref } = await running(records());
    await records().worker.finish(ref, 1, success("job"));
    expect(await records().requests.cancel(ref)).toMatchObject({
      outcome: "finished",
      record: { status: "DONE" },
    });
    expect(await records().requests.cancel(jobRef(newTenant(), "job", ref.id))).toEqual({
      outcome: "not_found",
    });
  });

  it("retries a failed job as a new attempt that knows nothing of the old end", async () => {
    const { ref } = await running(records());
    const failure = {
      errorCode: "render_failed",
      errorMessage: "m",
      errorDetail: "d",
      retryable: false,
      backoffMs: 0,
    };
    await records().worker.failTry(ref, 1, failure);
    const before = await records().entryOf(ref);
    expect(await records().requests.retry(ref)).toMatchObject({
      outcome: "retried",
      record: {
        status: "PENDING",
        attempt: 2,
        tries: 0,
        triesLost: 0,
        runInMs: 0,
        cancelRequested: false,
        errorCode: null,
        errorMessage: null,
        errorDetail: null,
        lastErrorCode: null,
        startedAt: null,
        finishedAt: null,
        result: null,
      },
    });
    expect((await records().entryOf(ref))?.generation).not.toBe(before?.generation);
    expect(await claimed(records(), ref)).toMatchObject({ attempt: 2, tries: 1 });
  });

  it("retries a job with the tries it was submitted with, whatever is in force by then", async () => {
    const { ref } = await running(records(), newRef(), { maxTries: 1 });
    const failure = { errorCode: "x", errorMessage: "m", errorDetail: null, retryable: true, backoffMs: 0 };
    expect(await records().worker.failTry(ref, 1, failure)).toMatchObject({ status: "FAILED", tries: 1 });
    expect(await records().requests.retry(ref)).toMatchObject({ record: { tries: 0, maxTries: 1 } });
    expect(await claimed(records(), ref)).toMatchObject({ attempt: 2, tries: 1, maxTries: 1 });
    await records().letPass(ref, "lease");
    await records().reconciler.sweep(200);
    expect(await records().requests.find(ref)).toMatchObject({
      status: "FAILED",
      attempt: 2,
      errorCode: "poison",
    });
  });

  it("retries a cancelled job, whose cancel is then forgotten", async () => {
    const { ref } = await submitted(records());
    await records().requests.cancel(ref);
    expect(await records().requests.retry(ref)).toMatchObject({
      record: { attempt: 2, cancelRequested: false },
    });
    await claimed(records(), ref);
    expect(await records().worker.finish(ref, 2, success("job"))).toMatchObject({ status: "DONE" });
  });

  it("retries nothing else", async () => {
    const waiting = await submitted(records());
    expect(await records().requests.retry(waiting.ref)).toMatchObject({ outcome: "not_retryable" });
    const done = await running(records());
    expect(await records().requests.retry(done.ref)).toMatchObject({ outcome: "not_retryable" });
    await records().worker.finish(done.ref, 1, success("job"));
    expect(await records().requests.retry(done.ref)).toMatchObject({
      outcome: "not_retryable",
      record: { attempt: 1 },
    });
    expect(await records().requests.retry(jobRef(newTenant(), "job", done.ref.id))).toEqual({
      outcome: "not_found",
    });
  });
}
