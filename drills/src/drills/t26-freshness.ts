import { fork, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DEFAULT_TIMINGS, type JobRef, type StatusStore } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { SignJWT } from "jose";
import { eventually, startProgram, startRedis } from "@statusplane/test-support";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { openBareListener } from "../freshness/bare-messages.ts";
import { machineUs } from "../freshness/event-clock.ts";
import {
  EVENT_TENANT,
  eventRefs,
  PATIENT_TIMINGS,
  type WriterOrder,
  type WriterWord,
} from "../freshness/event-writer.ts";
import { openPageWatchers, type PageWatchers } from "../freshness/page-watchers.ts";
import { percentile, WatchedEvents } from "../freshness/watched-events.ts";

const JOBS = 200;
const EVENTS_PER_SECOND = 1_000;
const POLL_EVERY_MS = 1_000;
const SAY_EVERY_MS = 10_000;
/** A lost message is made up for by the next reading of everything that is watched. */
const ENDS_WITHIN_MS = 2 * DEFAULT_TIMINGS.rereadMs;
const JWT_SECRET = "freshness-secret-of-32-bytes-or-more";
const MARK_P50_MS = 5;
const MARK_P99_MS = 50;

/**
 * No fault at all: how old is what a subscriber is told, and what a poller reads? And what pages are told by an api process,
 * by WebSocket, SSE and polls?
 */
export const t26: Drill = {
  id: "T26",
  title: "freshness without a fault: a worker's write until a subscriber of the feed has it",
  fullVolume: 1_000_000,
  legVolume: 100_000,
  injectsFaults: false,
  bound: `order kept, no end lost; p50 ≤ ${MARK_P50_MS} ms, p99 ≤ ${MARK_P99_MS} ms (figures)`,
  boundMs: null,
  async leg(options) {
    const redis = await startRedis();
    try {
      const api = await startProgram({ role: "progress", env: { REDIS_URL: redis.url, JWT_SECRET } });
      const store = await openRedisStatusStore({ url: redis.url, timings: PATIENT_TIMINGS });
      try {
        return await watch({ store, url: redis.url, apiUrl: api.url, token: await signIn() }, options);
      } finally {
        await store.close();
        await api.stop();
      }
    } finally {
      await redis.stop();
    }
  },
};

type Done = Extract<WriterWord, { word: "done" }>;

interface Watch {
  readonly store: StatusStore;
  readonly url: string;
  readonly apiUrl: string;
  readonly token: string;
}

function signIn(): Promise<string> {
  return new SignJWT({ tenant_id: EVENT_TENANT })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("drill")
    .setExpirationTime("1d")
    .sign(new TextEncoder().encode(JWT_SECRET));
}

async function watch({ store, url, apiUrl, token }: Watch, { volume, say }: LegOptions): Promise<LegResult> {
  const refs = eventRefs(JOBS);
  const versions = Math.ceil(volume / JOBS) + 3;
  const events = new WatchedEvents({ refs, versions });
  await using writer = startWriter({ url, events: volume, perSecond: EVENTS_PER_SECOND, jobs: JOBS });
  await writer.ready;
  await using pages = openPageWatchers({ url: apiUrl, token, refs, versions });
  await pages.ready;
  await using bare = await openBareListener(url);
  const subscription = await store.feed.subscribe(refs, (snapshot) => events.hear(snapshot));
  const stop = poll(store, refs, events);
  const saying = setInterval(() => say(`${events.told} of ${volume} events`), SAY_EVERY_MS);
  try {
    writer.go();
    const done = await writer.done;
    const everybody = [events, ...pages.events.values()];
    const isComplete = (): boolean => everybody.every((each) => each.complete);
    await eventually("every end was told", isComplete, ENDS_WITHIN_MS).catch(() => undefined); // said by endsMissing
    return withBare(withPages(resultOf(events, done, volume), pages), bare.agesMs);
  } finally {
    clearInterval(saying);
    await stop();
    await subscription.close();
  }
}

function resultOf(events: WatchedEvents, { refused, seconds }: Done, volume: number): LegResult {
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(events.agesMs, share)) as [number, number];
  const pollAges = events.pollAgesMs();
  const isWithin = p50 <= MARK_P50_MS && p99 <= MARK_P99_MS;
  return {
    faults: volume,
    jobs: 0, // nothing is submitted
    observations: events.told + pollAges.length,
    violations: [
      ...events.violations,
      ...events.endsMissing(),
      ...refused.map((what) => ({ invariant: "I1" as const, what })),
    ],
    slowestRecoveryMs: null,
    figures: {
      p50_ms: rounded(p50),
      p99_ms: rounded(p99),
      within_marks: isWithin ? "yes" : "no",
      poll_age_p99_ms: rounded(percentile(pollAges, 0.99)),
      told: events.told,
      events_per_second: Math.round(volume / seconds),
    },
  };
}

/** What pages were told is judged alike, and how old it was told beside. */
function withPages(result: LegResult, { events }: PageWatchers): LegResult {
  const ways = [...events];
  return {
    ...result,
    observations: ways.reduce((sum, [, each]) => sum + each.told, result.observations),
    violations: [
      ...result.violations,
      ...ways.flatMap(([, each]) => [...each.violations, ...each.endsMissing()]),
    ],
    figures: {
      ...result.figures,
      ...Object.fromEntries(
        ways.flatMap(([way, { agesMs, told }]) => [
          [`${way}_told`, told],
          ...[0.5, 0.99].map((share) => [`${way}_p${share * 100}_ms`, rounded(percentile(agesMs, share))]),
        ]),
      ),
    },
  };
}

/** How old bare messages of Redis were when they were heard in the same process: what is beyond that is the product's. */
function withBare(result: LegResult, agesMs: readonly number[]): LegResult {
  const shares = [0.5, 0.99].map((share) => [`bare_p${share * 100}_ms`, rounded(percentile(agesMs, share))]);
  return { ...result, figures: { ...result.figures, ...Object.fromEntries(shares) } };
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** Reads everything watched again and again, as pollers do. @returns how to end it. */
function poll(store: StatusStore, refs: readonly JobRef[], events: WatchedEvents): () => Promise<void> {
  const ended = new AbortController();
  const pause = { signal: ended.signal };
  const polling = (async () => {
    while (!ended.signal.aborted) {
      const askedAtUs = machineUs();
      events.polled(await store.reader.readMany(refs), askedAtUs);
      await sleep(POLL_EVERY_MS, undefined, pause).catch(() => undefined); // ended: looked at above
    }
  })();
  polling.catch(() => undefined); // told to whoever ends it
  return () => {
    ended.abort();
    return polling;
  };
}

interface EventWriter extends AsyncDisposable {
  readonly ready: Promise<void>;
  readonly go: () => void;
  readonly done: Promise<Done>;
}

/** Starts the writer's process, by the same flags as this one. */
function startWriter(order: WriterOrder): EventWriter {
  const file = fileURLToPath(new URL("../freshness/event-writer.ts", import.meta.url));
  const child = fork(file, ["write-events"], { execArgv: process.execArgv, stdio: "inherit" });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = wordOf(child, gone, "ready").then(() => undefined);
  const done = wordOf(child, gone, "done") as Promise<Done>;
  done.catch(() => undefined); // told to whoever awaits `ready`
  child.send(order);
  return {
    ready,
    go: () => void child.send("go"),
    done: done.then((word) => {
      child.send("gone");
      return word;
    }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function wordOf(child: ChildProcess, gone: Promise<void>, wanted: WriterWord["word"]): Promise<WriterWord> {
  return new Promise((resolve, reject) => {
    child.on("message", (word: WriterWord) => {
      if (word.word === wanted) resolve(word);
    });
    void gone.then(() => reject(new Error(`the writer ended before it was ${wanted}`)));
  });
}
