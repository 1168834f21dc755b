import { jobRef } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import { expect, it } from "vitest";
import {
  claimed,
  entryOf,
  letPass,
  newJob,
  newRef,
  newTenant,
  running,
  submitted,
  success,
} from "./open-records.ts";

/** Submit, find, cancel and retry, as request routes use them. */
export function describeRequests(database: () => Database): void {
  it("submits a job as PENDING of attempt 1, with an entry due after the committer's grace", async () => {
    const ref = newRef();
    const record = await submitted(database(), ref);
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
    const entry = await entryOf(database(), ref);
    expect(entry?.applied).toBe(false);
    expect(entry?.dueInMs).toBeGreaterThan(0);
    expect(entry?.dueInMs).toBeLessThanOrEqual(2_000);
  });

  it("takes texts that Postgres cannot hold, and gives JSON back as it was", async () => {
    const payload = { z: "a\u0000b", a: "\ud800", list: [1.5, null, true] };
    const record = await submitted(database(), newRef(), { title: "a\u0000b", payload });
    expect(record.title).toBe("ab");
    expect(JSON.stringify(record.payload)).toBe(JSON.stringify(payload));
    expect(record.metadata).toBeNull();
  });

  it("keeps a job's metadata as it was given", async () => {
    const metadata = { z: "a\u0000b", a: ["봄", 1.5, null] };
    const { ref } = await submitted(database(), newRef(), { metadata });
    expect(JSON.stringify((await database().requests.find(ref))?.metadata)).toBe(JSON.stringify(metadata));
  });

  it("answers the first job to the same Idempotency-Key and body, and refuses another body", async () => {
    const tenant = newTenant();
    const idempotency = { key: "k 1", bodyHash: "h1" };
    const first = await submitted(database(), newRef("job", tenant), { idempotency });
    const submit = (bodyHash: string, to: string = tenant): Promise<unknown> =>
      database().requests.submit(newJob(newRef("job", to), { idempotency: { key: "k 1", bodyHash } }));
    expect(await submit("h1")).toMatchObject({ outcome: "repeated", record: { ref: first.ref } });
    expect(await submit("h2")).toEqual({ outcome: "conflict" });
    expect(await submit("h2", newTenant())).toMatchObject({ outcome: "created" });
    expect((await database().requests.page(tenant, "job", { cursor: null, limit: 10 })).items).toHaveLength(
      1,
    );
  });

  it("makes one job of the same Idempotency-Key sent ten times at once", async () => {
    const tenant = newTenant();
    const idempotency = { key: "once", bodyHash: "h" };
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        database().requests.submit(newJob(newRef("job", tenant), { idempotency })),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "created")).toHaveLength(1);
    const ids = outcomes.map((one) => (one.outcome === "conflict" ? "conflict" : one.record.ref.id));
    expect(new Set(ids).size).toBe(1);
  });

  it("never overwrites a job by its id", async () => {
    const ref = newRef();
    await submitted(database(), ref);
    expect(await database().requests.submit(newJob(ref))).toMatchObject({ outcome: "repeated" });
    expect(await database().requests.submit(newJob(ref, { payload: { rows: 4 } }))).toEqual({
      outcome: "conflict",
    });
    expect(await database().requests.find(ref)).toMatchObject({ payload: { rows: 3 } });
  });

  it("keeps equal ids of two tenants and two kinds apart", async () => {
    const [a, b] = [newTenant(), newTenant()];
    const refs = [jobRef(a, "job", "7"), jobRef(a, "video", "7"), jobRef(b, "job", "7")];
    for (const [index, ref] of refs.entries()) await submitted(database(), ref, { title: `title ${index}` });
    const [jobOfA, videoOfA, jobOfB] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
    await database().requests.cancel(jobOfA);
    expect(await database().requests.find(jobOfA)).toMatchObject({ title: "title 0", status: "CANCELLED" });
    expect(await database().requests.find(videoOfA)).toMatchObject({ title: "title 1", status: "PENDING" });
    expect(await database().requests.find(jobOfB)).toMatchObject({ title: "title 2", status: "PENDING" });
    expect(await database().requests.find(jobRef(b, "video", "7"))).toBeNull();
  });

  it("finds many rows of many tenants by one statement, in the order asked, each under its own tenant alone", async () => {
    const [one, two] = [newRef(), newRef("video")];
    await submitted(database(), one);
    await submitted(database(), two);
    const before = { ...database().statements };
    const foreign = jobRef(two.tenant, one.kind, one.id);
    const found = await database().requests.findMany([two, foreign, newRef(), one, two]);
    expect(found.map((record) => record?.ref ?? null)).toEqual([two, null, null, one, two]);
    expect(found[3]).toEqual({ ...(await database().requests.find(one)), attempts: [] });
    expect(database().statements.people - before.people).toBe(2);
    expect(await database().requests.findMany([])).toEqual([]);
  });

  it("shows no tenant another's job, and lets none cancel or retry it, whatever its status", async () => {
    const [waiting, live, failed, done] = await Promise.all([
      submitted(database()),
      running(database()),
      running(database()),
      running(database()),
    ]);
    const failure = { errorCode: "x", errorMessage: "m", errorDetail: null, retryable: false, backoffMs: 0 };
    await database().worker.failTry(failed.ref, 1, failure);
    await database().worker.finish(done.ref, 1, success("job"));
    for (const { ref } of [waiting, live, failed, done]) {
      const before = await database().requests.find(ref);
      const foreign = jobRef(newTenant(), "job", ref.id);
      expect(await database().requests.find(foreign)).toBeNull();
      expect(await database().requests.findResult(foreign)).toBeNull();
      expect(await database().requests.cancel(foreign)).toEqual({ outcome: "not_found" });
      expect(await database().requests.retry(foreign)).toEqual({ outcome: "not_found" });
      expect(await database().requests.find(ref)).toEqual(before);
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
      expect(await database().requests.submit(job)).toMatchObject({ outcome: "created" });
    }
    for (const job of jobs) {
      const again = await database().requests.submit(job);
      expect(again).toMatchObject({ outcome: "repeated", record: { ref: job.ref } });
    }
  });

  it("reads a large result only when asked for it", async () => {
    const { ref } = await running(database());
    const value = { text: "가".repeat(5_000) };
    const bytes = Buffer.byteLength(JSON.stringify(value));
    const result = { kind: "value", value, bytes } as const;
    const ended = await database().worker.finish(ref, 1, { status: "DONE", result });
    expect(ended?.result).toEqual({ kind: "row", bytes });
    expect(await database().requests.find(ref)).toMatchObject({ result: { kind: "row", bytes } });
    expect(await database().requests.findResult(ref)).toEqual({ attempt: 1, text: JSON.stringify(value) });
    expect(await database().requests.findResult(newRef("job", ref.tenant))).toBeNull();
  });

  it("cancels a waiting job at once, and says so again", async () => {
    const { ref } = await submitted(database());
    const before = await entryOf(database(), ref);
    expect(await database().requests.cancel(ref)).toMatchObject({
      outcome: "cancelled",
      record: { status: "CANCELLED", attempt: 1, errorCode: "cancelled", result: null },
    });
    const after = await entryOf(database(), ref);
    expect(after?.generation).not.toBe(before?.generation);
    expect(await database().requests.cancel(ref)).toMatchObject({ outcome: "cancelled" });
    expect((await entryOf(database(), ref))?.generation).toBe(after?.generation);
    expect(await database().worker.claim(ref, "w", 1_000)).toEqual({ outcome: "gone" });
  });

  it("requests the cancel of a running job, as often as asked, without an entry", async () => {
    const { ref } = await running(database());
    const before = await entryOf(database(), ref);
    for (let i = 0; i < 2; i++) {
      expect(await database().requests.cancel(ref)).toMatchObject({
        outcome: "requested",
        record: { status: "PROCESSING", cancelRequested: true },
      });
    }
    expect((await entryOf(database(), ref))?.generation).toBe(before?.generation);
  });

  it("does not cancel what has ended, or what another tenant has", async () => {
    const { ref } = await running(database());
    await database().worker.finish(ref, 1, success("job"));
    expect(await database().requests.cancel(ref)).toMatchObject({
      outcome: "finished",
      record: { status: "DONE" },
    });
    expect(await database().requests.cancel(jobRef(newTenant(), "job", ref.id))).toEqual({
      outcome: "not_found",
    });
  });

  it("retries a failed job as a new attempt that knows nothing of the old end", async () => {
    const { ref } = await running(database());
    const failure = {
      errorCode: "render_failed",
      errorMessage: "m",
      errorDetail: "d",
      retryable: false,
      backoffMs: 0,
    };
    await database().worker.failTry(ref, 1, failure);
    const before = await entryOf(database(), ref);
    expect(await database().requests.retry(ref)).toMatchObject({
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
    expect((await entryOf(database(), ref))?.generation).not.toBe(before?.generation);
    expect(await claimed(database(), ref)).toMatchObject({ attempt: 2, tries: 1 });
  });

  it("retries a job with the tries it was submitted with, whatever is in force by then", async () => {
    const { ref } = await running(database(), newRef(), { maxTries: 1 });
    const failure = { errorCode: "x", errorMessage: "m", errorDetail: null, retryable: true, backoffMs: 0 };
    expect(await database().worker.failTry(ref, 1, failure)).toMatchObject({ status: "FAILED", tries: 1 });
    expect(await database().requests.retry(ref)).toMatchObject({ record: { tries: 0, maxTries: 1 } });
    expect(await claimed(database(), ref)).toMatchObject({ attempt: 2, tries: 1, maxTries: 1 });
    await letPass(database(), ref, "lease");
    await database().reconciler.sweep(200);
    expect(await database().requests.find(ref)).toMatchObject({
      status: "FAILED",
      attempt: 2,
      errorCode: "poison",
    });
  });

  it("retries a cancelled job, whose cancel is then forgotten", async () => {
    const { ref } = await submitted(database());
    await database().requests.cancel(ref);
    expect(await database().requests.retry(ref)).toMatchObject({
      record: { attempt: 2, cancelRequested: false },
    });
    await claimed(database(), ref);
    expect(await database().worker.finish(ref, 2, success("job"))).toMatchObject({ status: "DONE" });
  });

  it("retries nothing else", async () => {
    const waiting = await submitted(database());
    expect(await database().requests.retry(waiting.ref)).toMatchObject({ outcome: "not_retryable" });
    const done = await running(database());
    expect(await database().requests.retry(done.ref)).toMatchObject({ outcome: "not_retryable" });
    await database().worker.finish(done.ref, 1, success("job"));
    expect(await database().requests.retry(done.ref)).toMatchObject({
      outcome: "not_retryable",
      record: { attempt: 1 },
    });
    expect(await database().requests.retry(jobRef(newTenant(), "job", done.ref.id))).toEqual({
      outcome: "not_found",
    });
  });
}
