import { StatusplaneError } from "@statusplane/core";
import { armCrashPoints } from "@statusplane/core/testing/crash-points";
import { eventually, startMailServer, type MailConduct, type MailServer } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MessageDatabase } from "../../src/jobs/message-send/index.ts";
import { listOf, MessageBench } from "./message-fixture.ts";

/** Timers count in whole ms, and two clocks are read. */
const TIMER_MS = 5;

const bench = new MessageBench();
const conducts = new Map<string, MailConduct>();
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer({ conduct: (to) => conducts.get(to) ?? "take" });
  bench.smtpUrl = mail.url;
});
afterAll(() => mail.stop());
afterEach(() => {
  armCrashPoints(null);
  conducts.clear();
});

const body = (recipients: unknown) =>
  ({ subject: "{이름}님께", text: "안녕하세요, {name}님.", recipients }) as never;
const received = (prefix: string): string[] =>
  mail.mails.map(({ to }) => to).filter((to) => to.startsWith(prefix));
const statusesOf = async (id: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status } of await bench.recipients(id))
    counts[String(status)] = (counts[String(status)] ?? 0) + 1;
  return counts;
};

interface Gate {
  readonly open: () => void;
  readonly opened: Promise<void>;
}
const gate = (): Gate => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
};

/** The process's death, as far as this process can have it: nothing of the attempt is heard of again. */
class Death extends Error {}
const dieAt = (name: string, pass = 1): void => {
  let passed = 0;
  armCrashPoints((point) => {
    if (point === name && ++passed === pass) throw new Death(name);
  });
};

describe("a message", () => {
  it("goes to everybody once, five at a time, in two statements a batch", async () => {
    const payload = await bench.confirmed(body(listOf(23, (n) => `once${n}@example.com`)));
    const before = bench.database.statements.work;
    const result = await bench.run(payload, { id: "once" });
    expect(result).toMatchObject({
      outcome: "complete",
      total: 23,
      sent: 23,
      failed: 0,
      uncertain: 0,
      skipped: 0,
    });
    expect(received("once").sort()).toEqual(
      Array.from({ length: 23 }, (_, i) => `once${i + 1}@example.com`).sort(),
    );
    // begin, blocked, plan, planned, count · 5 batches of 2, and one claim that finds nobody · close, count
    expect(bench.database.statements.work - before).toBe(5 + 5 * 2 + 1 + 2);
    expect(mail.mails[0]?.source).toMatch(/^To: once\d+@example.com\r$/m);
  });

  it("is uncertain for at most five after a death between claim and settle, and for the rest goes on", async () => {
    for (const point of [
      "message.after-claim",
      "message.before-hand-over",
      "message.after-hand-over",
      "message.before-settle",
    ]) {
      const id = point.replaceAll(".", "-");
      const payload = await bench.confirmed(body(listOf(17, (n) => `${id}${n}@example.com`)));
      dieAt(point, point === "message.after-hand-over" || point === "message.before-hand-over" ? 8 : 2);
      await expect(bench.run(payload, { id })).rejects.toThrow(Death);
      await eventually("what was handed over is there", async () => (await statusesOf(id))["claimed"] === 5);
      armCrashPoints(null);
      const result = await bench.run(payload, { id, attempt: 2 });
      expect(result).toMatchObject({ outcome: "partial", sent: 12, uncertain: 5 });
      const twice = received(id).filter((to, at, all) => all.indexOf(to) !== at);
      expect(twice).toEqual([]);
      expect((await bench.recipients(id)).filter(({ status }) => status === "uncertain")).toHaveLength(5);
    }
  });

  it("goes on by itself with what was claimed and certainly not handed over: a lost answer, a stop, a cancel", async () => {
    const payload = await bench.confirmed(body(listOf(12, (n) => `lost${n}@example.com`)));
    let lost = 0;
    const database: MessageDatabase = {
      query: async (cause, query) => {
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim" && ++lost <= 2) throw new StatusplaneError("database_unavailable");
        if (query.name === "message-settle" && ++lost <= 5)
          throw new StatusplaneError("database_unavailable");
        return answer;
      },
    };
    const result = await bench.run(payload, { id: "lost", database });
    expect(result).toMatchObject({ outcome: "complete", sent: 12 });
    expect(received("lost")).toHaveLength(12);
  });

  it("is stopped before the next one, says what went out, and goes on at a person's retry", async () => {
    const payload = await bench.confirmed(body(listOf(30, (n) => `stop${n}@example.com`)));
    const stop = new AbortController();
    const running = bench.run(payload, {
      id: "stop",
      signal: stop.signal,
      settings: { tenantPerMinute: 6_000 },
      onPartial: (value) => {
        if ((value as { sent: number }).sent >= 5) stop.abort(new StatusplaneError("cancelled"));
      },
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    const { sent = 0, waiting = 0, claimed = 0 } = await statusesOf("stop");
    expect({ all: sent + waiting, claimed }).toEqual({ all: 30, claimed: 0 });
    expect(received("stop")).toHaveLength(sent);
    expect(bench.told.kept.at(-1)).toMatchObject({ sent, waiting });
    expect(await bench.run(payload, { id: "stop", attempt: 2 })).toMatchObject({
      outcome: "complete",
      sent: 30,
    });
    expect(received("stop")).toHaveLength(30);
  });

  it("is fenced: a worker whose attempt or lease is over claims nobody, and its word on what it had claimed still counts", async () => {
    const payload = await bench.confirmed(body(listOf(10, (n) => `fence${n}@example.com`)));
    // The first worker stands still behind its first claim, and wakes when a second attempt has ended all it could.
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let claims = 0;
    const slow: MessageDatabase = {
      query: async (cause, query) => {
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim" && ++claims === 1) await asleep;
        return answer;
      },
    };
    const first = bench.run(payload, { id: "fence", database: slow });
    const ended = first.catch((error: unknown) => error);
    await eventually("five are claimed", async () => (await statusesOf("fence"))["claimed"] === 5);
    await bench.claim("t1", "fence", 2);
    const second = await bench.run(payload, { id: "fence", attempt: 2 });
    expect(second).toMatchObject({ sent: 5, uncertain: 5 });
    wake();
    expect(await ended).toMatchObject({ code: "fenced" });
    // It did hand them over: by its own clock the lease lasted. They were uncertain, and are not any more.
    expect(await statusesOf("fence")).toEqual({ sent: 10 });
    expect(received("fence")).toHaveLength(10);
  });

  it("is claimed no further by a worker whose attempt is over while others still wait", async () => {
    const payload = await bench.confirmed(body(listOf(10, (n) => `over${n}@example.com`)));
    const [claimed, wake, began, ended] = [gate(), gate(), gate(), gate()];
    const first: MessageDatabase = {
      query: async (cause, query) => {
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim") {
          claimed.open();
          await wake.opened;
        }
        return answer;
      },
    };
    const second: MessageDatabase = {
      query: async (cause, query) => {
        if (query.name === "message-count") {
          began.open();
          await ended.opened;
        }
        return bench.database.query(cause, query);
      },
    };
    const early = bench.run(payload, { id: "over", database: first }).catch((error: unknown) => error);
    await claimed.opened;
    const late = bench.run(payload, { id: "over", attempt: 2, database: second });
    await began.opened;
    wake.open();
    expect(await early).toMatchObject({ code: "fenced" });
    expect(await statusesOf("over")).toEqual({ sent: 5, waiting: 5 });
    ended.open();
    expect(await late).toMatchObject({ outcome: "complete", sent: 10 });
    expect(received("over")).toHaveLength(10);
  });

  it("is not taken from a later attempt by a word that comes once more", async () => {
    const payload = await bench.confirmed(body(listOf(5, (n) => `word${n}@example.com`)));
    const [claimed, wake, began, said, claimedAgain, saidAgain] = [
      gate(),
      gate(),
      gate(),
      gate(),
      gate(),
      gate(),
    ];
    // The first worker hands over none of its five and says so; the answer is lost, so it says it once more, late.
    let settles = 0;
    const first: MessageDatabase = {
      query: async (cause, query) => {
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim") {
          claimed.open();
          await wake.opened;
        }
        if (query.name === "message-settle" && ++settles === 1) {
          said.open();
          await claimedAgain.opened;
          throw new StatusplaneError("database_unavailable");
        }
        if (settles === 2) saidAgain.open();
        return answer;
      },
    };
    const second: MessageDatabase = {
      query: async (cause, query) => {
        if (query.name === "message-count") {
          began.open();
          await said.opened;
        }
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim") {
          claimedAgain.open();
          await saidAgain.opened;
        }
        return answer;
      },
    };
    const stop = new AbortController();
    const early = bench.run(payload, { id: "word", database: first, signal: stop.signal });
    const ended = early.catch((error: unknown) => error);
    await claimed.opened;
    const late = bench.run(payload, { id: "word", attempt: 2, database: second });
    await began.opened;
    stop.abort(new StatusplaneError("lease_lost"));
    wake.open();
    expect(await late).toMatchObject({ outcome: "complete", sent: 5 });
    expect(await ended).toMatchObject({ code: "lease_lost" });
    expect(received("word")).toHaveLength(5);
  });

  it("leaves nobody waiting behind its last count", async () => {
    const payload = await bench.confirmed(body(listOf(3, (n) => `late${n}@example.com`)));
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const stop = new AbortController();
    const slow: MessageDatabase = {
      query: async (cause, query) => {
        const answer = await bench.database.query(cause, query);
        if (query.name === "message-claim") await asleep;
        return answer;
      },
    };
    const first = bench.run(payload, { id: "late", database: slow, signal: stop.signal });
    const ended = first.catch((error: unknown) => error);
    await eventually("three are claimed", async () => (await statusesOf("late"))["claimed"] === 3);
    expect(await bench.run(payload, { id: "late", attempt: 2 })).toMatchObject({
      outcome: "none",
      uncertain: 3,
    });
    await bench.end("late");
    stop.abort(new StatusplaneError("lease_lost"));
    wake();
    expect(await ended).toMatchObject({ code: "lease_lost" });
    expect(await statusesOf("late")).toEqual({ failed: 3 });
    expect((await bench.recipients("late"))[0]).toMatchObject({ reason: "interrupted" });
  });

  it.each([
    ["one tenant", { tenants: ["pace-one", "pace-one"], settings: { tenantPerMinute: 1_200 } }],
    ["all tenants", { tenants: ["pace-two", "pace-three"], settings: { allPerMinute: 1_200 } }],
  ])("keeps the pace of %s over two workers", async (what, { tenants, settings }) => {
    const gapMs = 50;
    const each = 12;
    const arrivalsMs: number[] = [];
    const server = await startMailServer({ onAsked: () => void arrivalsMs.push(Date.now()) });
    const { rows } = await bench.pool.query("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms");
    const beganMs = Number((rows[0] as { ms: string }).ms);
    await Promise.all(
      tenants.map(async (tenant, worker) => {
        const list = listOf(each, (n) => `pace${worker}.${n}@example.com`);
        const payload = await bench.confirmed(body(list), tenant);
        const id = `pace-${what.replace(" ", "-")}-${worker}`;
        await bench.run(payload, { id, tenant, settings: { ...settings, smtpUrl: server.url } });
      }),
    );
    await server.stop();
    // The pace gives each message a moment of its own, by the database's clock: a busy machine is late, never early.
    const early = arrivalsMs
      .toSorted((a, b) => a - b)
      .map((atMs, n) => atMs - (beganMs + n * gapMs))
      .filter((ms) => ms < -TIMER_MS);
    expect({ early, arrived: arrivalsMs.length }).toEqual({ early: [], arrived: 2 * each });
  });

  it("is uncertain where the server has it and did not say so, and goes out again only when a person says so", async () => {
    conducts.set("drop2@example.com", "drop-after-data");
    conducts.set("drop3@example.com", "drop-before-data");
    const payload = await bench.confirmed(body(listOf(4, (n) => `drop${n}@example.com`)));
    const first = await bench.run(payload, { id: "drop" });
    expect(first).toMatchObject({ outcome: "partial", sent: 2, failed: 1, uncertain: 1 });
    expect(await bench.recipients("drop")).toMatchObject([
      { status: "sent" },
      { status: "uncertain", reason: "no_answer" },
      { status: "failed", reason: "provider_unreachable", tries: 3 },
      { status: "sent" },
    ]);
    await bench.end("drop");
    conducts.clear();
    for (const [status, id, to] of [
      ["failed", "drop-again", "drop3@example.com"],
      ["uncertain", "drop-sure", "drop2@example.com"],
    ] as const) {
      const again = await bench.confirmed({ recipients: { again: { job_id: "drop", status } } });
      const before = received(to).length;
      expect(await bench.run(again, { id })).toMatchObject({ outcome: "complete", total: 1, sent: 1 });
      expect(received(to)).toHaveLength(before + 1);
      await expect(
        bench.confirmed({ recipients: { again: { job_id: "drop", status } } }),
      ).rejects.toMatchObject({
        code: "message_no_recipients",
      });
      await expect(bench.run(again, { id: `${id}-twice` })).rejects.toMatchObject({
        code: "message_no_recipients",
      });
    }
  });

  it("tries what was refused for now after a pause, never what was refused for good", async () => {
    let greylisted = 0;
    conducts.set("grey2@example.com", "refuse");
    conducts.set("grey3@example.com", "refuse-after-data");
    const payload = await bench.confirmed(body(listOf(4, (n) => `grey${n}@example.com`)));
    const server = await startMailServer({
      conduct: (to) =>
        to === "grey1@example.com" && ++greylisted <= 2 ? "greylist" : (conducts.get(to) ?? "take"),
    });
    const result = await bench.run(payload, { id: "grey", settings: { smtpUrl: server.url } });
    await server.stop();
    expect(result).toMatchObject({
      outcome: "partial",
      sent: 2,
      failed: 2,
      reasons: [{ status: "failed", reason: "refused", count: 2 }],
    });
    expect(server.asked.filter((to) => to === "grey2@example.com")).toHaveLength(1);
    expect(server.asked.filter((to) => to === "grey3@example.com")).toHaveLength(1);
    expect(server.mails.map(({ to }) => to).sort()).toEqual(["grey1@example.com", "grey4@example.com"]);
  });
});
