import { eventually } from "@statusplane/test-support";
import { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import type { RoundContext } from "../fleet-leg.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";

/** The table of M1: what each does when memory runs out. */
export const POLICIES = ["noeviction", "allkeys-lru", "volatile-lru"] as const;
export type Policy = (typeof POLICIES)[number];

type Context = RoundContext<SingleRedis>;

const ROOMY = "512mb";
const FULL_MS = { min: 2_000, max: 5_000 } as const;
/** A process looks at the store's settings every 10 s. */
const NOTICED_WITHIN_MS = 30_000;
const EXIT_BAD_INPUT = 2;

/** What a fault of memory left. */
export interface MemoryFault {
  /** Keys that Redis evicted meanwhile. */
  readonly evicted: number;
}

/** Takes the status store's memory away under one policy, and gives it back. */
export async function fillMemory(context: Context, policy: Policy): Promise<MemoryFault> {
  const { fleet, random, violate } = context;
  const redis = new Redis(fleet.statusRedis.url);
  try {
    await redis.config("SET", "maxmemory-policy", policy);
    if (policy === "volatile-lru") await expectWarned(context);
    const before = await readInfo(redis, "evicted_keys");
    await redis.config("SET", "maxmemory", String(await limitOf(redis, policy)));
    if (policy === "noeviction") await expectRefused(context);
    await sleep(random.between(FULL_MS.min, FULL_MS.max));
    const evicted = (await readInfo(redis, "evicted_keys")) - before;
    if (policy === "noeviction" ? evicted > 0 : evicted === 0) {
      violate("I4", `${policy}: ${evicted} keys were evicted, so that nothing was tried`);
    }
    return { evicted };
  } finally {
    await redis.config("SET", "maxmemory", ROOMY);
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    redis.disconnect();
  }
}

/** Under noeviction nothing more fits; otherwise a fifth of what is there: live keys have to go, too. */
async function limitOf(redis: Redis, policy: Policy): Promise<number> {
  const used = await readInfo(redis, "used_memory");
  if (policy === "noeviction") return Math.floor(used * 0.99);
  const overhead = await readInfo(redis, "used_memory_overhead");
  return Math.floor(overhead + (used - overhead) / 5);
}

async function readInfo(redis: Redis, field: string): Promise<number> {
  return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(await redis.info())?.[1]);
}

/** New work is refused as soon as a process has seen it; until then it is taken and told later. */
async function expectRefused({ load, violate }: Context): Promise<void> {
  const refused = (): number => load.refusals.get("507 storage_full") ?? 0;
  const before = refused();
  await eventually("submits are refused", () => refused() > before, NOTICED_WITHIN_MS).catch(() =>
    violate("I10", `no submit was answered 507 within ${NOTICED_WITHIN_MS} ms of a full memory`),
  );
}

/** `/readyz` says so, and with STRICT nothing starts. */
async function expectWarned({ fleet, violate }: Context): Promise<void> {
  await eventually(
    "readyz tells of the policy",
    async () => (await (await fetch(`${fleet.url}/readyz`)).text()).includes("evicts_live_jobs"),
    NOTICED_WITHIN_MS,
  ).catch(() => violate("I4", "/readyz did not tell that live jobs are evicted"));
  const slot = fleet.workers[0];
  if (slot === undefined) throw new Error("the fleet has no worker");
  await slot.stop();
  const refusal = await slot.start({ STRICT: "1" }).then(
    () => "it started",
    (error: unknown) => String(error),
  );
  if (slot.isUp) await slot.stop();
  if (!refusal.includes(`ended with ${EXIT_BAD_INPUT}`) || !refusal.includes("volatile-lru")) {
    violate("I4", `STRICT=1 under volatile-lru: ${refusal.slice(0, 300)}`);
  }
  await slot.start();
}
