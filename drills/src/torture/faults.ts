import { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import type { TcpProxy } from "../network/tcp-proxy.ts";
import type { Random } from "../random.ts";

/** What the torture's faults act on. */
export interface Victims {
  readonly fleet: Fleet<SingleRedis>;
  /** What stands between the processes and each store, and in front of the apis. */
  readonly links: readonly TcpProxy[];
  /** Who is being struck: nobody is struck twice at once. */
  readonly busy: Set<object>;
}

export interface TortureFault {
  readonly name: string;
  /** How often it comes, relative to the others. */
  readonly weight: number;
  /** Whether Redis forgets something. */
  readonly losesData: boolean;
  /** Strikes and heals. @returns false when its victim was being struck already. */
  readonly strike: (victims: Victims, random: Random) => Promise<boolean>;
}

const LONGEST_MS = 5_000;

/** Everything that is done to the fleet. */
export const TORTURE_FAULTS: readonly TortureFault[] = [
  fault("worker killed", 5, ({ fleet, busy }, random) => killAndStart(busy, random, fleet.workers)),
  fault("api killed", 3, ({ fleet, busy }, random) => killAndStart(busy, random, fleet.apis)),
  fault("worker paused", 5, ({ fleet, busy }, random) => pauseAndResume(busy, random, fleet.workers)),
  fault("api paused", 2, ({ fleet, busy }, random) => pauseAndResume(busy, random, fleet.apis)),
  fault("process restarted", 2, ({ fleet, busy }, random) =>
    alone(busy, random.pick(fleet.slots), async (slot) => {
      await slot.stop();
      await slot.startSupervised();
    }),
  ),
  fault("redis killed", 2, ({ fleet, busy }, random) => killStore(busy, fleet.statusRedis, random)),
  fault("queue killed", 1, ({ fleet, busy }, random) => killStore(busy, fleet.queueRedis, random)),
  fault("postgres killed", 2, ({ fleet, busy }, random) => killStore(busy, fleet.postgres, random)),
  fault("redis paused", 2, ({ fleet, busy }, random) => pauseStore(busy, fleet.statusRedis, random)),
  fault("postgres paused", 2, ({ fleet, busy }, random) => pauseStore(busy, fleet.postgres, random)),
  {
    ...fault("redis flushed", 2, ({ fleet, busy }) => alone(busy, fleet.statusRedis, flush)),
    losesData: true,
  },
  {
    ...fault("queue flushed", 1, ({ fleet, busy }) => alone(busy, fleet.queueRedis, flush)),
    losesData: true,
  },
  fault("link broken", 8, ({ links, busy }, random) =>
    alone(busy, random.pick(links), (link) => breakLink(link, random)),
  ),
];

function fault(name: string, weight: number, strike: TortureFault["strike"]): TortureFault {
  return { name, weight, losesData: false, strike };
}

/** Runs one fault on a victim that nothing else is done to. */
async function alone<Victim extends object>(
  busy: Set<object>,
  victim: Victim,
  strike: (victim: Victim) => Promise<void>,
): Promise<boolean> {
  if (busy.has(victim)) return false;
  busy.add(victim);
  try {
    await strike(victim);
    return true;
  } finally {
    busy.delete(victim);
  }
}

function killAndStart(busy: Set<object>, random: Random, slots: readonly ProcessSlot[]): Promise<boolean> {
  return alone(busy, random.pick(slots), async (slot) => {
    await slot.kill();
    await sleep(random.between(0, 1_000));
    await slot.startSupervised();
  });
}

function pauseAndResume(busy: Set<object>, random: Random, slots: readonly ProcessSlot[]): Promise<boolean> {
  return alone(busy, random.pick(slots), async ({ program }) => {
    program.pause();
    await sleep(random.between(100, LONGEST_MS));
    program.resume();
  });
}

interface Store {
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void> | void;
  resume(): Promise<void> | void;
}

function killStore(busy: Set<object>, store: Store, random: Random): Promise<boolean> {
  return alone(busy, store, async () => {
    await store.kill();
    await sleep(random.between(0, 1_500));
    await store.start();
  });
}

function pauseStore(busy: Set<object>, store: Store, random: Random): Promise<boolean> {
  return alone(busy, store, async () => {
    await store.pause();
    await sleep(random.between(100, LONGEST_MS));
    await store.resume();
  });
}

async function flush({ url }: { readonly url: string }): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

async function breakLink(link: TcpProxy, random: Random): Promise<void> {
  const forMs = random.between(50, 3_000);
  switch (random.between(0, 6)) {
    case 0:
      return link.cut();
    case 1:
      return link.resetMidReply();
    case 2:
      link.refuse();
      link.cut();
      break;
    case 3:
      link.blackHole();
      break;
    case 4:
      link.delay(random.between(10, 500));
      break;
    case 5:
      link.slow(random.between(2_000, 50_000));
      break;
    default:
      link.dropReplies();
  }
  await sleep(forMs);
  link.heal();
}
