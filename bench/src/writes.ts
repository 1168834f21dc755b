import { randomUUID } from "node:crypto";
import {
  DEFAULT_TIMINGS,
  encodeSnapshot,
  jobKeys,
  jobRef,
  type EncodedSnapshot,
  type JobRef,
  type StatusStore,
} from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { startRedis } from "@statusplane/test-support";
import { Redis } from "ioredis";

const IN_FLIGHT = 64;
const ROUNDS = 7;
const ROUND_MS = 1_500;
const LIVE_TTL_SECONDS = 21_600;

/** One way of writing a running job's progress; `write` is called with ever higher versions. */
interface Rival {
  readonly name: string;
  readonly write: (ref: JobRef, version: number) => Promise<unknown>;
}

/**
 * Guarded progress writes at 64 in flight through the Redis adapter, in the same run as a plain `HSET` of the same
 * fields and as the same commands without the guard in one pipeline. Rounds are interleaved; medians are printed.
 */
export async function run(): Promise<void> {
  const server = await startRedis();
  const store = await openRedisStatusStore({
    url: server.url,
    timings: { ...DEFAULT_TIMINGS, requestDeadlineMs: 10_000 },
  });
  const client = new Redis(server.url);
  try {
    const refs = Array.from({ length: IN_FLIGHT }, () => jobRef("7", "video", randomUUID()));
    for (const ref of refs) await store.writer.write("announce", progressOf(ref, 1));
    const rivals = [guarded(store), plainHash(client), unguarded(client)];
    const perSecond = new Map(rivals.map(({ name }) => [name, [] as number[]]));
    const nextVersion = { value: 2 };
    for (let round = 0; round < ROUNDS; round++) {
      for (const rival of rivals) {
        const rate = await measure(rival, refs, nextVersion);
        if (round > 0) perSecond.get(rival.name)?.push(rate); // the first round warms up
      }
    }
    print(rivals, perSecond);
  } finally {
    client.disconnect();
    await store.close();
    await server.stop();
  }
}

function guarded({ writer }: StatusStore): Rival {
  return {
    name: "guarded write (text, hash, TTL, publish; one script)",
    write: async (ref, version) => {
      const { answer } = await writer.write("progress", progressOf(ref, version));
      if (answer !== "accepted") throw new Error(`a write of the bench was answered ${answer}`);
    },
  };
}

function plainHash(client: Redis): Rival {
  return {
    name: "plain HSET of the same fields",
    write: (ref, version) => client.hset(jobKeys(ref).progress, fieldsOf(progressOf(ref, version))),
  };
}

function unguarded(client: Redis): Rival {
  return {
    name: "the same commands without the guard, one pipeline",
    write: (ref, version) => {
      const keys = jobKeys(ref);
      const snapshot = progressOf(ref, version);
      return client
        .pipeline()
        .set(keys.status, snapshot.text, "EX", LIVE_TTL_SECONDS)
        .hset(keys.progress, fieldsOf(snapshot))
        .expire(keys.progress, LIVE_TTL_SECONDS)
        .publish(keys.events, snapshot.text)
        .exec();
    },
  };
}

function progressOf(ref: JobRef, version: number): EncodedSnapshot {
  const percent = version % 100;
  return encodeSnapshot({
    ref,
    jobType: "video_hls",
    title: "5월 강의 3강.mp4",
    attempt: 1,
    updatedAt: "2026-11-02T03:04:05.678Z",
    status: "PROCESSING",
    version,
    progress: {
      percent,
      remainingSeconds: 100 - percent,
      step: { index: 2, total: 4, key: "encode", name: "인코딩", percent },
    },
  });
}

function fieldsOf({ hash }: EncodedSnapshot): Record<string, string> {
  return Object.fromEntries(Object.entries(hash ?? {}).map(([name, value]) => [name, value ?? ""]));
}

/** Writes per second with one writer per job, each writing again as soon as it is answered. */
async function measure(
  rival: Rival,
  refs: readonly JobRef[],
  nextVersion: { value: number },
): Promise<number> {
  const from = performance.now();
  const until = from + ROUND_MS;
  let writes = 0;
  await Promise.all(
    refs.map(async (ref) => {
      while (performance.now() < until) {
        await rival.write(ref, nextVersion.value++);
        writes++;
      }
    }),
  );
  return (writes / (performance.now() - from)) * 1_000;
}

function print(rivals: readonly Rival[], perSecond: ReadonlyMap<string, readonly number[]>): void {
  const median = (name: string): number => {
    const sorted = [...(perSecond.get(name) ?? [])].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const ours = median(rivals[0]?.name ?? "");
  console.log(
    `writes/s at ${IN_FLIGHT} in flight, medians of ${ROUNDS - 1} interleaved rounds of ${ROUND_MS} ms`,
  );
  for (const { name } of rivals) {
    const rate = median(name);
    console.log(
      `${name.padEnd(52)} ${Math.round(rate).toString().padStart(7)}/s   guarded : this ${(ours / rate).toFixed(2)}`,
    );
  }
}
