import { DEFAULT_TIMINGS } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker } from "../fakes/open-worker.ts";

/** 100 ms, upper half at random 0.5. */
const FIRST_RELEASE_MS = 75;
const SECOND_RELEASE_MS = 150;

describe("a claim whose answer was lost", () => {
  it("is handed back when Postgres answers again, and its job runs as the next attempt", async () => {
    const { submit, records, store, started, worker, clock, job } = await openWorker();
    records.trouble("claim", "carried-out-unanswered");
    const ref = await submit("a");
    expect(records.row(ref)).toMatchObject({ status: "PROCESSING", attempt: 1 });
    records.trouble("releaseClaim");
    await clock.advance(FIRST_RELEASE_MS);
    expect(records.row(ref)).toMatchObject({ status: "PROCESSING", attempt: 1 });
    expect(started).toHaveLength(0);

    await clock.advance(SECOND_RELEASE_MS);
    expect(started).toHaveLength(1);
    expect(store.body(ref)).toMatchObject({ status: "PROCESSING", attempt: 2 });
    job().end({ rows: 1 });
    await settle();
    expect(records.row(ref)).toMatchObject({ status: "DONE", attempt: 2, tries: 1, triesLost: 0 });
    expect(worker.status().counts.handedBack).toBe(1);
  });

  it("that was never carried out leaves the job to its delivery", async () => {
    const { submit, records, started, clock } = await openWorker();
    records.trouble("claim");
    const ref = await submit("a");
    await clock.advance(FIRST_RELEASE_MS);
    expect(records.row(ref)).toMatchObject({ status: "PENDING", attempt: 1 });
    await clock.advance(8_000);
    expect(started).toHaveLength(1);
    expect(records.row(ref)).toMatchObject({ status: "PROCESSING", attempt: 1, tries: 1 });
  });

  it("takes nothing from the claim that followed it", async () => {
    const { submit, records, started, clock } = await openWorker();
    records.trouble("claim");
    const ref = await submit("a");
    for (let n = 0; n < 20; n++) records.trouble("releaseClaim");
    await clock.advance(8_000);
    expect(started).toHaveLength(1);
    await clock.advance(20_000);
    expect(records.count("releaseClaim")).toBe(21);
    expect(records.row(ref)).toMatchObject({ status: "PROCESSING", attempt: 1, tries: 1 });
  });

  it("tells of a cancel that was accepted meanwhile", async () => {
    const { submit, records, store, clock } = await openWorker();
    records.trouble("claim", "carried-out-unanswered");
    const ref = await submit("a");
    records.row(ref).cancelRequested = true;
    await clock.advance(FIRST_RELEASE_MS);
    expect(store.body(ref)).toMatchObject({ status: "CANCELLED", attempt: 1 });
  });

  it("is left to the sweeper once its lease is over, and to nobody after the worker's end", async () => {
    const { submit, records, clock, worker } = await openWorker();
    const releases = (): number => records.count("releaseClaim");
    for (let n = 0; n < 1_000; n++) records.trouble("releaseClaim");
    records.trouble("claim", "carried-out-unanswered");
    const ref = await submit("a");
    await clock.advance(DEFAULT_TIMINGS.leaseMs);
    const untilItsEnd = releases();
    expect(untilItsEnd).toBeGreaterThan(90); // at least once a second
    await clock.advance(10_000);
    expect(releases()).toBe(untilItsEnd);
    expect(records.row(ref)).toMatchObject({ status: "PROCESSING", attempt: 1 });

    records.trouble("claim", "carried-out-unanswered");
    await submit("b");
    await clock.advance(FIRST_RELEASE_MS);
    expect(releases()).toBe(untilItsEnd + 1);
    await worker.stop();
    await clock.advance(10_000);
    expect(releases()).toBe(untilItsEnd + 1);
  });
});
