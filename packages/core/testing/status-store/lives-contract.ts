import { DEFAULT_TIMINGS, type WriteReply } from "@statusplane/core";
import { eventually } from "../eventually.ts";
import { expect } from "vitest";
import type { ContractContext, Life } from "./contract-types.ts";
import { PATIENT } from "./patient-timings.ts";
import { cancelled, doneWith, failed, freshRef, pending, processing, succeeded } from "./sample-snapshots.ts";

const LIVE = DEFAULT_TIMINGS.liveTtlSeconds;
const large = (text: string): { kind: "large"; bytes: number; text: string } => ({
  kind: "large",
  bytes: text.length,
  text,
});

/** A generous bound below: the test's own time passes too. */
function expectAbout(life: Life, seconds: number): void {
  expect(life).toBeTypeOf("number");
  expect(life).toBeGreaterThan(seconds - 60);
  expect(life).toBeLessThanOrEqual(seconds);
}

/** TTLs, and large results with theirs. */
export function describeLives({ check, opened, open }: ContractContext): void {
  check("live keys have the sliding TTL", async () => {
    const { store, life } = opened();
    const ref = freshRef();
    await store.writer.write("announce", pending(ref));
    expectAbout((await life(ref)).status, LIVE);
    await store.writer.write("announce", processing(ref));
    expectAbout((await life(ref)).progress, LIVE);
    await store.writer.write("progress", processing(ref, 1, 2));
    const { status, progress } = await life(ref);
    expectAbout(status, LIVE);
    expectAbout(progress, LIVE);
  });

  check("finished keys have no TTL, and no late write gives them one", async () => {
    const { store, life } = opened();
    for (const finish of [succeeded, failed, cancelled]) {
      const ref = freshRef();
      await store.writer.write("announce", processing(ref));
      await store.writer.write("finish", finish(ref));
      await store.writer.write("progress", processing(ref, 1, 5));
      await store.writer.write("announce", pending(ref));
      await store.writer.write("finish", finish(ref));
      expect(await life(ref)).toEqual({ status: "none", progress: "absent", result: "absent" });
    }
  });

  check("a retry puts the TTL back on a finished key", async () => {
    const { store, life } = opened();
    const ref = freshRef();
    await store.writer.write("finish", failed(ref));
    await store.writer.write("announce", pending(ref, 2));
    expectAbout((await life(ref)).status, LIVE);
  });

  for (const [random, seconds] of [
    [0, 86_400],
    [0.999_999, 95_039],
  ] as const) {
    check(`in cost-defence mode finished keys live up to 10 % longer at random (${random})`, async () => {
      const opened = await open({ finishedTtlSeconds: 86_400, random: () => random });
      try {
        const ref = freshRef("job");
        await opened.store.writer.write("finish", doneWith(ref, 1, large("[1]")));
        const { status, result } = await opened.life(ref);
        expectAbout(status, seconds);
        expectAbout(result, seconds);
      } finally {
        await opened.close();
      }
    });
  }

  check("a finished life below 86,400 s is refused", async () => {
    await expect(open({ finishedTtlSeconds: 3_600 })).rejects.toThrow(TypeError);
  });

  check("an equal announcement renews the life of text and hash", async () => {
    const { store, life } = opened();
    const ref = freshRef();
    const write = (): Promise<WriteReply> => store.writer.write("announce", processing(ref));
    await write();
    await eventually("time passes", async () => {
      const { status, progress } = await life(ref);
      return Number(status) < LIVE && Number(progress) < LIVE;
    });
    await eventually("both lives are whole again", async () => {
      expect(await write()).toMatchObject({ answer: "duplicate" });
      const { status, progress } = await life(ref);
      return status === LIVE && progress === LIVE;
    });
  });

  check("live keys expire, finished ones never", async () => {
    const opened = await open({ timings: { ...PATIENT, liveTtlSeconds: 1 } });
    try {
      const { writer, reader } = opened.store;
      const [live, ended] = [freshRef(), freshRef()];
      await writer.write("announce", pending(live));
      await writer.write("announce", processing(ended));
      await writer.write("finish", succeeded(ended));
      await eventually("the live key expires", async () => (await reader.read(live)) === null);
      expect((await reader.read(ended))?.status).toBe("READY");
      expect((await opened.life(ended)).status).toBe("none");
    } finally {
      await opened.close();
    }
  });

  describeResults({ check, opened, open });
}

function describeResults({ check, opened, open }: ContractContext): void {
  check("a large result has a key of its own, with the life of its snapshot", async () => {
    const { store, life } = opened();
    const ref = freshRef("job");
    await store.writer.write("finish", doneWith(ref, 1, large('["큰 결과"]')));
    expect(await store.reader.readResult(ref)).toBe('["큰 결과"]');
    expect((await life(ref)).result).toBe("none");
    await store.writer.write("finish", doneWith(ref, 1, { kind: "large", bytes: 9, text: null }));
    expect(await store.reader.readResult(ref)).toBe('["큰 결과"]');
  });

  check("another attempt never shows an earlier one's result", async () => {
    const { store } = opened();
    const [announced, ended] = [freshRef("job"), freshRef("job")];
    for (const ref of [announced, ended]) {
      await store.writer.write("finish", cancelled(ref, 1, large("[1]")));
      expect(await store.reader.readResult(ref)).toBe("[1]");
    }
    await store.writer.write("announce", pending(announced, 2));
    await store.writer.write("finish", doneWith(ended, 2, { kind: "large", bytes: 9, text: null }));
    expect(await store.reader.readResult(announced)).toBeNull();
    expect(await store.reader.readResult(ended)).toBeNull();
  });

  check("a result is restored only beside the terminal snapshot of its attempt", async () => {
    const { store, life } = opened();
    const ref = freshRef("job");
    await store.writer.restoreResult(ref, 1, "[0]");
    expect(await store.reader.readResult(ref)).toBeNull();
    await store.writer.write("announce", processing(ref));
    await store.writer.restoreResult(ref, 1, "[0]");
    expect(await store.reader.readResult(ref)).toBeNull();
    await store.writer.write("finish", doneWith(ref, 1, { kind: "large", bytes: 3, text: null }));
    await store.writer.restoreResult(ref, 2, "[0]");
    expect(await store.reader.readResult(ref)).toBeNull();
    await store.writer.restoreResult(ref, 1, "[1]");
    expect(await store.reader.readResult(ref)).toBe("[1]");
    expect((await life(ref)).result).toBe("none");
  });

  check("a restored result lives as long as its snapshot", async () => {
    const opened = await open({ finishedTtlSeconds: 86_400 });
    try {
      const { store, life } = opened;
      const ref = freshRef("job");
      await store.writer.write("finish", doneWith(ref, 1, { kind: "large", bytes: 3, text: null }));
      await store.writer.restoreResult(ref, 1, "[2]");
      expect(await store.reader.readResult(ref)).toBe("[2]");
      const { status, result } = await life(ref);
      expect(Math.abs(Number(status) - Number(result))).toBeLessThanOrEqual(60);
    } finally {
      await opened.close();
    }
  });
}
