import {
  compareSnapshots,
  refKey,
  UndoStack,
  type SnapshotHead,
  type StoredSnapshot,
} from "@statusplane/core";
import { startPostgres, startRedis } from "@statusplane/test-support";
import { Redis } from "ioredis";
import pg from "pg";
import { EMPTIED_CHANNEL, Witness, witnessRedis } from "../deliveries/witness.ts";
import type { Violation } from "../drill.ts";
import { keepJobHistory } from "../history/job-history.ts";
import { connect, RelayProcess, type Addresses, type Connections } from "./relay-process.ts";

/** One subscriber of the feed, as an events route has it: what it was told must never step back. */
export class Subscriber {
  readonly told = new Map<string, SnapshotHead>();
  readonly violations: Violation[] = [];
  #heard = 0;

  get heard(): number {
    return this.#heard;
  }

  hear(snapshot: StoredSnapshot): void {
    this.#heard += 1;
    const key = refKey(snapshot.ref);
    const before = this.told.get(key);
    this.told.set(key, snapshot);
    if (before === undefined || compareSnapshots(before, snapshot) < 0) return;
    const what = `${key}: told ${snapshot.text} after (${before.attempt}, ${before.version})`;
    this.violations.push({ invariant: "I6", what });
  }
}

/** Two reconcilers with connections of their own, one installation under them. */
export interface TwoRelays {
  readonly relays: readonly RelayProcess[];
  /** The connections of people and workers. */
  readonly committers: Connections;
  /** The connections of whoever watches. */
  readonly watcher: Connections;
  readonly subscriber: Subscriber;
  readonly witness: Witness;
  readonly pool: pg.Pool;
  readonly queueRedis: Redis;
  emptyStatusRedis(): Promise<void>;
  emptyQueueRedis(): Promise<void>;
}

const RELAY_CONNECTIONS = 4;
const COMMITTER_CONNECTIONS = 8;
const WATCHER_CONNECTIONS = 2;

/** Starts all of it, hands it to `work`, and stops everything, last first. */
export async function withTwoRelays<Seen>(work: (relays: TwoRelays) => Promise<Seen>): Promise<Seen> {
  const undo = new UndoStack();
  try {
    return await work(await openTwoRelays(undo));
  } finally {
    await undo.run();
  }
}

/** @param undo gets how to stop whatever was started, in the order of the starts. */
async function openTwoRelays(undo: UndoStack): Promise<TwoRelays> {
  const use = <Opened extends AsyncDisposable>(opened: Opened): Opened => {
    undo.push("what was used", () => opened[Symbol.asyncDispose]());
    return opened;
  };
  const redisClient = (url: string): Redis => {
    const redis = new Redis(url);
    undo.push("redis client", () => redis.disconnect());
    return redis;
  };
  const postgres = await startPostgres();
  undo.push("postgres", () => postgres.stop());
  const status = await startRedis();
  undo.push("status", () => status.stop());
  const queue = await startRedis(["--maxmemory-policy", "noeviction"]);
  undo.push("queue", () => queue.stop());
  const databaseUrl = await postgres.createDatabase();
  const addresses: Addresses = { databaseUrl, statusUrl: status.url, queueUrl: queue.url };
  const committers = use(await connect(addresses, COMMITTER_CONNECTIONS));
  const watcher = use(await connect(addresses, WATCHER_CONNECTIONS));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: WATCHER_CONNECTIONS });
  pool.on("error", () => undefined); // an idle connection that ends with its server; queries tell their own
  undo.push("pool", () => pool.end());
  await keepJobHistory(pool);
  const witness = new Witness();
  use(await witnessRedis(status.url, witness));
  const [statusRedis, queueRedis] = [redisClient(status.url), redisClient(queue.url)];
  const relays: RelayProcess[] = [];
  for (const name of ["first", "second"]) {
    const relay = use(new RelayProcess(name, use(await connect(addresses, RELAY_CONNECTIONS))));
    await relay.start();
    relays.push(relay);
  }
  return {
    relays,
    committers,
    watcher,
    subscriber: new Subscriber(),
    witness,
    pool,
    queueRedis,
    emptyStatusRedis: async () =>
      void (await statusRedis.multi().flushall().publish(EMPTIED_CHANNEL, "").exec()),
    emptyQueueRedis: async () => void (await queueRedis.flushall()),
  };
}
