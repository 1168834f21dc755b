import { DEFAULT_TIMINGS, jobRef, type ProcessingSnapshot, type WriteAnswer } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { Reporter } from "../../src/reporter/reporter.ts";
import { FakeClock, settle } from "../fakes/fake-clock.ts";
import { FakeStatusStore } from "../fakes/fake-status-store.ts";

const ref = jobRef("7", "job", "a");

function setUp(
  options: { attempt?: number; lookAtRow?: () => Promise<boolean>; leaseHolds?: () => boolean } = {},
) {
  const clock = new FakeClock();
  const store = new FakeStatusStore(clock);
  const heard: string[] = [];
  const answers: WriteAnswer[] = [];
  const shown = { percent: 0 };
  const attempt = options.attempt ?? 1;
  let looks = 0;
  const reporter = new Reporter({
    writer: store,
    timings: DEFAULT_TIMINGS,
    clock,
    random: () => 0.5,
    snapshot: (version): ProcessingSnapshot => ({
      ref,
      jobType: "count",
      title: null,
      attempt,
      status: "PROCESSING",
      version,
      updatedAt: "2026-01-01T00:00:00.000Z",
      progress: { percent: shown.percent, remainingSeconds: null, step: null },
    }),
    lookAtRow: () => {
      looks += 1;
      return options.lookAtRow?.() ?? Promise.resolve(true);
    },
    leaseHolds: options.leaseHolds ?? (() => true),
    onCancelRequested: () => heard.push("cancelled"),
    onLost: (reason) => heard.push(reason),
    onWritten: (answer) => answers.push(answer),
    onFailed: () => undefined,
  });
  const report = (percent: number, atOnce = false): void => {
    shown.percent = percent;
    reporter.changed(atOnce);
  };
  return { clock, store, reporter, report, heard, answers, looks: () => looks };
}

const versions = (store: FakeStatusStore): number[] => store.writes.map(({ snapshot }) => snapshot.version);
const percent = (store: FakeStatusStore): unknown =>
  (store.body(ref)["progress"] as { percent: number }).percent;

describe("the reporter", () => {
  it("announces version 1 first, then writes progress", async () => {
    const { store, reporter, report, clock } = setUp();
    reporter.announce();
    report(10);
    await clock.advance(250);
    expect(store.writes.map(({ kind, snapshot }) => [kind, snapshot.version])).toEqual([
      ["announce", 1],
      ["progress", 2],
    ]);
  });

  it("writes at most once per reportEveryMs, and then the newest", async () => {
    const { store, reporter, report, clock } = setUp();
    reporter.announce();
    await settle();
    for (let value = 1; value <= 40; value++) {
      report(value);
      await clock.advance(10);
    }
    await clock.advance(250);
    expect(store.writes.map(({ atMs }) => atMs)).toEqual([0, 250, 500]);
    expect(percent(store)).toBe(40);
  });

  it("writes a step change at once, but has one write in flight", async () => {
    const { store, reporter, report, clock } = setUp();
    reporter.announce();
    await settle();
    await clock.advance(100);
    report(1, true);
    report(2, true);
    report(3, true);
    await settle();
    expect(store.writes.map(({ atMs }) => atMs)).toEqual([0, 100, 100]);
    expect(percent(store)).toBe(3);
  });

  it("gives a sign of life every heartbeatMs when nothing changes", async () => {
    const { store, reporter, clock } = setUp();
    reporter.announce();
    await clock.advance(30_000);
    expect(store.writes.map(({ atMs }) => atMs)).toEqual([0, 10_000, 20_000, 30_000]);
    expect(versions(store)).toEqual([1, 2, 3, 4]);
  });

  it("keeps the newest snapshot while the store is away, and writes it within a second of its return", async () => {
    const { store, reporter, report, clock } = setUp();
    reporter.announce();
    await settle();
    store.away = true;
    for (let value = 1; value <= 60; value++) {
      report(value);
      await clock.advance(1_000);
    }
    expect(store.failedWrites).toBeGreaterThan(30);
    expect(store.failedWrites).toBeLessThan(120);
    store.away = false;
    await clock.advance(1_000);
    expect(percent(store)).toBe(60);
    expect(store.writes).toHaveLength(2);
  });

  it("creates nothing after an announcement whose fate is unknown, but looks at the row first", async () => {
    const { store, reporter, clock, looks } = setUp();
    store.away = true;
    reporter.announce();
    await settle();
    store.away = false;
    await clock.advance(1_000);
    expect(looks()).toBe(1);
    expect(store.writes.map(({ kind, answer }) => `${kind} ${answer}`)).toEqual([
      "progress absent",
      "announce accepted",
    ]);
  });

  it("announces itself again with its own next version after the store lost the key", async () => {
    const { store, reporter, report, clock, looks } = setUp();
    reporter.announce();
    await settle();
    store.flush();
    report(30);
    await clock.advance(250);
    expect(looks()).toBe(1);
    expect(store.shown(ref)).toMatchObject({ version: 3, status: "PROCESSING" });
    expect(percent(store)).toBe(30);
  });

  it("stops and says so when the row has gone on, without writing", async () => {
    const { store, reporter, report, clock, heard } = setUp({ lookAtRow: async () => false });
    reporter.announce();
    await settle();
    store.flush();
    report(30);
    await clock.advance(60_000);
    expect(heard).toEqual(["lease_lost"]);
    expect(store.shown(ref)).toBeNull();
    expect(store.writes).toHaveLength(2);
  });

  it("looks at the row once a minute at most, however often another program writes over it", async () => {
    const { store, reporter, report, clock, looks } = setUp();
    reporter.announce();
    await settle();
    for (let second = 0; second < 59; second++) {
      store.forget(ref);
      report(second);
      await clock.advance(1_000);
      expect(store.shown(ref)).not.toBeNull();
    }
    expect(looks()).toBe(1);
  });

  it("does not announce again on an earlier look when its lease no longer holds", async () => {
    let holds = true;
    const { store, reporter, report, clock } = setUp({ leaseHolds: () => holds });
    reporter.announce();
    await settle();
    store.flush();
    report(1);
    await clock.advance(1_000);
    holds = false;
    store.flush();
    report(2);
    await clock.advance(10_000);
    expect(store.shown(ref)).toBeNull();
  });

  it("repeats a look that got no answer after a backoff", async () => {
    let answers = false;
    const { store, reporter, report, clock, looks, heard } = setUp({
      lookAtRow: () => (answers ? Promise.resolve(true) : Promise.reject(new Error("away"))),
    });
    reporter.announce();
    await settle();
    store.flush();
    report(1);
    await clock.advance(5_000);
    expect(looks()).toBeGreaterThan(2);
    expect(looks()).toBeLessThan(20);
    answers = true;
    await clock.advance(1_000);
    expect(store.shown(ref)?.status).toBe("PROCESSING");
    expect(heard).toEqual([]);
  });

  it("stops at once when a newer attempt is shown", async () => {
    const newer = setUp({ attempt: 2 });
    newer.reporter.announce();
    await settle();
    const { store, reporter, report, clock, heard } = setUp({ attempt: 1 });
    reporter.announce();
    await settle();
    const shown = newer.store.shown(ref);
    if (shown === null) throw new Error("nothing shown");
    store.put(shown);
    report(50);
    await clock.advance(60_000);
    expect(heard).toEqual(["fenced"]);
    expect(store.writes.map(({ answer }) => answer)).toEqual(["accepted", "fenced"]);
  });

  it("hears of a cancel by a write's answer", async () => {
    const { store, reporter, clock, heard } = setUp();
    reporter.announce();
    await settle();
    store.flagCancel(ref, 1);
    await clock.advance(10_000);
    expect(heard).toEqual(["cancelled"]);
  });

  it("writes nothing after stop, and leaves no timer", async () => {
    const { store, reporter, report, clock } = setUp();
    reporter.announce();
    await settle();
    report(1);
    reporter.stop();
    report(2);
    await clock.advance(60_000);
    expect(store.writes).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });
});
