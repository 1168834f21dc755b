import { jobRef, type JobRecord, type JobRef } from "@statusplane/core";
import { expect, it } from "vitest";
import {
  CLAIM_OWNER,
  claimed,
  LEASE_MS,
  newRef,
  newTenant,
  running,
  submitted,
  success,
  type OpenedRecords,
} from "./opened-records.ts";

const FAILURE = {
  errorCode: "render_failed",
  errorMessage: "변환",
  errorDetail: "x",
  retryable: true,
  backoffMs: 60_000,
};

/** Claim, renew, finish, fail and hand back, with every guard. */
export function describeWorker(records: () => OpenedRecords): void {
  const find = (ref: JobRef): Promise<JobRecord | null> => records().worker.find(ref);

  it("claims a waiting job: same attempt, one try more", async () => {
    const { ref } = await submitted(records());
    const outcome = await records().worker.claim(ref, "w1", LEASE_MS);
    expect(outcome).toMatchObject({
      outcome: "claimed",
      record: { status: "PROCESSING", attempt: 1, tries: 1 },
    });
    expect((await find(ref))?.startedAt).not.toBeNull();
  });

  it("gives a job to one of twenty who claim it at once, for one try", async () => {
    const { ref } = await submitted(records());
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => records().worker.claim(ref, `w${i}`, LEASE_MS)),
    );
    expect(claims.filter(({ outcome }) => outcome === "claimed")).toHaveLength(1);
    expect(claims.filter(({ outcome }) => outcome === "gone")).toHaveLength(19);
    expect(await find(ref)).toMatchObject({ tries: 1 });
  });

  it("says when to come back for a job that waits for its next try", async () => {
    const { ref } = await running(records());
    await records().worker.failTry(ref, 1, FAILURE);
    const outcome = await records().worker.claim(ref, "w", LEASE_MS);
    expect(outcome.outcome).toBe("later");
    const delayMs = outcome.outcome === "later" ? outcome.delayMs : 0;
    expect(delayMs).toBeGreaterThan(50_000);
    expect(delayMs).toBeLessThanOrEqual(60_000);
  });

  it("has nothing to claim where the job has ended, is unknown or another tenant's", async () => {
    const { ref } = await running(records());
    await records().worker.finish(ref, 1, success("job"));
    const waiting = await submitted(records());
    for (const other of [ref, newRef(), jobRef(newTenant(), "job", waiting.ref.id)]) {
      expect(await records().worker.claim(other, "w", LEASE_MS)).toEqual({ outcome: "gone" });
    }
  });

  it("renews the leases that are held, says who is to be cancelled, and leaves out what is lost", async () => {
    const [held, cancelled, fenced, ended, waiting] = await Promise.all([
      running(records()),
      running(records()),
      running(records()),
      running(records()),
      submitted(records()),
    ]);
    await records().requests.cancel(cancelled.ref);
    await records().worker.handBack(fenced.ref, 1);
    await claimed(records(), fenced.ref); // by another, as attempt 2
    await records().worker.finish(ended.ref, 1, success("job"));
    const leases = [held, cancelled, fenced, ended, waiting].map(({ ref }) => ({ ref, attempt: 1 }));
    const renewed = await records().worker.renew(leases, LEASE_MS);
    expect(new Map(renewed.map((lease) => [lease.ref.id, lease.cancelRequested]))).toEqual(
      new Map([
        [held.ref.id, false],
        [cancelled.ref.id, true],
      ]),
    );
  });

  it("renews nothing without a statement", async () => {
    const before = records().statements();
    expect(await records().worker.renew([], LEASE_MS)).toEqual([]);
    expect(records().statements()).toBe(before);
  });

  it.each(["video", "job"] as const)("finishes a %s with its result and a new entry", async (kind) => {
    const { ref } = await running(records(), newRef(kind));
    const before = await records().entryOf(ref);
    expect(await records().worker.finish(ref, 1, success(kind))).toMatchObject({
      status: success(kind).status,
      attempt: 1,
      result: { kind: "inline", value: { ok: true } },
      errorCode: null,
    });
    const after = await records().entryOf(ref);
    expect(after?.generation).not.toBe(before?.generation);
    expect(after?.dueInMs).toBeGreaterThan(0);
    expect((await find(ref))?.finishedAt).not.toBeNull();
  });

  it("keeps a result of null apart from none, and a result in a file by its size", async () => {
    const [nothing, file] = await Promise.all([running(records()), running(records())]);
    const nullValue = { kind: "value", value: null, bytes: 4 } as const;
    await records().worker.finish(nothing.ref, 1, { status: "DONE", result: nullValue });
    await records().worker.finish(file.ref, 1, {
      status: "DONE",
      result: { kind: "file", bytes: 5_000_000_000 },
    });
    expect(await find(nothing.ref)).toMatchObject({ result: { kind: "inline", value: null } });
    expect(await find(file.ref)).toMatchObject({ result: { kind: "file", bytes: 5_000_000_000 } });
  });

  it("keeps the files that a job declared, in their order, but not where a cancel won", async () => {
    const files = [
      { name: "b.csv", bytes: 5_000_000_000 },
      { name: "a.csv", bytes: 0 },
    ];
    const [done, none, cancelled] = await Promise.all([
      running(records()),
      running(records()),
      running(records()),
    ]);
    expect(done.files).toEqual([]);
    await records().requests.cancel(cancelled.ref);
    await records().worker.finish(done.ref, 1, { ...success("job"), files });
    await records().worker.finish(none.ref, 1, success("job"));
    await records().worker.finish(cancelled.ref, 1, { ...success("job"), files });
    expect((await find(done.ref))?.files).toEqual(files);
    expect((await find(none.ref))?.files).toEqual([]);
    expect((await find(cancelled.ref))?.files).toEqual([]);
  });

  it("lets nobody end a job with an attempt that is not the running one", async () => {
    const { ref } = await running(records());
    await records().worker.handBack(ref, 1);
    await claimed(records(), ref);
    const before = await find(ref);
    const entry = await records().entryOf(ref);
    for (const attempt of [1, 3]) {
      expect(await records().worker.finish(ref, attempt, success("job"))).toBeNull();
      expect(await records().worker.failTry(ref, attempt, FAILURE)).toBeNull();
      expect(await records().worker.handBack(ref, attempt)).toBeNull();
    }
    expect(await find(ref)).toEqual(before);
    expect((await records().entryOf(ref))?.generation).toBe(entry?.generation);
  });

  it("ends a job once: neither a waiting nor an ended one can be ended", async () => {
    const waiting = await submitted(records());
    const done = await running(records());
    await records().worker.finish(done.ref, 1, success("job"));
    for (const { ref } of [waiting, done]) {
      const before = await find(ref);
      expect(await records().worker.finish(ref, 1, success("job"))).toBeNull();
      expect(await records().worker.failTry(ref, 1, FAILURE)).toBeNull();
      expect(await records().worker.handBack(ref, 1)).toBeNull();
      expect(await find(ref)).toEqual(before);
    }
  });

  it("lets no tenant end another's job", async () => {
    const { ref } = await running(records());
    const foreign = jobRef(newTenant(), "job", ref.id);
    expect(await records().worker.finish(foreign, 1, success("job"))).toBeNull();
    expect(await records().worker.failTry(foreign, 1, FAILURE)).toBeNull();
    expect(await records().worker.handBack(foreign, 1)).toBeNull();
    expect(await find(ref)).toMatchObject({ status: "PROCESSING" });
  });

  it("renews no lease in the name of another tenant", async () => {
    const { ref } = await running(records());
    const foreign = jobRef(newTenant(), "job", ref.id);
    expect(await records().worker.renew([{ ref: foreign, attempt: 1 }], LEASE_MS)).toEqual([]);
  });

  it("lets a failed try with tries left wait as the next attempt", async () => {
    const { ref } = await running(records());
    const record = await records().worker.failTry(ref, 1, FAILURE);
    expect(record).toMatchObject({
      status: "PENDING",
      attempt: 2,
      tries: 1,
      lastErrorCode: "render_failed",
      errorCode: null,
      finishedAt: null,
    });
    expect(record?.runInMs).toBeGreaterThan(50_000);
    expect(record?.runInMs).toBeLessThanOrEqual(60_000);
  });

  it("fails a job for good when the last try fails", async () => {
    const { ref } = await submitted(records(), newRef(), { maxTries: 2 });
    for (const attempt of [1, 2]) {
      await claimed(records(), ref);
      await records().worker.failTry(ref, attempt, FAILURE);
      if (attempt === 1) await records().letPass(ref, "backoff");
    }
    expect(await find(ref)).toMatchObject({
      status: "FAILED",
      attempt: 2,
      tries: 2,
      errorCode: "render_failed",
      errorMessage: "변환",
      errorDetail: "x",
    });
  });

  it("fails a job at once when another try would fail alike, whatever its message holds", async () => {
    const { ref } = await running(records());
    const record = await records().worker.failTry(ref, 1, {
      ...FAILURE,
      retryable: false,
      errorMessage: "a\u0000b",
    });
    expect(record).toMatchObject({ status: "FAILED", attempt: 1, tries: 1, errorMessage: "ab" });
  });

  it("hands a job back as the next attempt, to run at once, with the try given back", async () => {
    const { ref } = await running(records());
    const record = await records().worker.handBack(ref, 1);
    expect(record).toMatchObject({
      status: "PENDING",
      attempt: 2,
      tries: 0,
      runInMs: 0,
      lastErrorCode: null,
    });
    expect(await claimed(records(), ref)).toMatchObject({ attempt: 2, tries: 1 });
  });

  it("hands back what a claim took, by that claim's own name alone", async () => {
    const { ref } = await submitted(records());
    await records().worker.claim(ref, "w.7", LEASE_MS);
    const foreign = jobRef(newTenant(), "job", ref.id);
    for (const [other, owner] of [
      [ref, "w.6"],
      [foreign, "w.7"],
    ] as const)
      expect(await records().worker.releaseClaim(other, owner)).toBeNull();
    expect(await find(ref)).toMatchObject({ status: "PROCESSING", attempt: 1 });
    const before = await records().entryOf(ref);
    const record = await records().worker.releaseClaim(ref, "w.7");
    expect(record).toMatchObject({ status: "PENDING", attempt: 2, tries: 0, runInMs: 0 });
    expect((await records().entryOf(ref))?.generation).not.toBe(before?.generation);
    expect(await records().worker.releaseClaim(ref, "w.7")).toBeNull();
    expect(await claimed(records(), ref)).toMatchObject({ attempt: 2, tries: 1 });
  });

  it("commits CANCELLED instead of any other end once a cancel was accepted", async () => {
    const ends = {
      finish: (ref: Parameters<typeof find>[0]) => records().worker.finish(ref, 1, success("job")),
      failTry: (ref: Parameters<typeof find>[0]) => records().worker.failTry(ref, 1, FAILURE),
      handBack: (ref: Parameters<typeof find>[0]) => records().worker.handBack(ref, 1),
      releaseClaim: (ref: Parameters<typeof find>[0]) => records().worker.releaseClaim(ref, CLAIM_OWNER),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { ref } = await running(records());
      await records().requests.cancel(ref);
      const before = await records().entryOf(ref);
      const record = await end(ref);
      expect(record, name).toMatchObject({
        status: "CANCELLED",
        attempt: 1,
        errorCode: "cancelled",
        errorMessage: null,
      });
      expect((await records().entryOf(ref))?.generation, name).not.toBe(before?.generation);
    }
  });

  it("keeps a cancelled job's result but not a video's, nor one in a file", async () => {
    const file = { status: "DONE", result: { kind: "file", bytes: 9 } } as const;
    const [job, video, inFile] = await Promise.all([
      running(records(), newRef("job")),
      running(records(), newRef("video")),
      running(records(), newRef("job")),
    ]);
    for (const { ref } of [job, video, inFile]) await records().requests.cancel(ref);
    expect(await records().worker.finish(job.ref, 1, success("job"))).toMatchObject({
      result: { kind: "inline", value: { ok: true } },
    });
    expect(await records().worker.finish(video.ref, 1, success("video"))).toMatchObject({ result: null });
    expect(await records().worker.finish(inFile.ref, 1, file)).toMatchObject({ result: null });
    expect(await records().requests.findResult(video.ref)).toBeNull();
  });

  it("ends as CANCELLED where the worker says so, with what was kept", async () => {
    const { ref } = await running(records());
    await records().requests.cancel(ref);
    const kept = { kind: "value", value: { rows: 2 }, bytes: 10 } as const;
    expect(await records().worker.finish(ref, 1, { status: "CANCELLED", result: kept })).toMatchObject({
      status: "CANCELLED",
      result: { kind: "inline", value: { rows: 2 } },
    });
  });
}
