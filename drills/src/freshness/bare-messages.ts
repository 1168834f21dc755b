import { Redis } from "ioredis";
import { machineUs } from "./event-clock.ts";

const CHANNEL = "freshness.bare";

/** One in so many events has a bare message beside it. */
export const BARE_EVERY = 10;

/** Says by Redis alone when it was said: how late that is heard is the machine's own share. */
export interface BareSpeaker {
  readonly say: () => void;
  readonly close: () => Promise<void>;
}

export function openBareSpeaker(url: string): BareSpeaker {
  const redis = new Redis(url);
  const under = new Set<Promise<unknown>>();
  return {
    say() {
      const said = redis.publish(CHANNEL, String(machineUs())).finally(() => under.delete(said));
      under.add(said);
    },
    async close() {
      await Promise.all(under);
      await redis.quit();
    },
  };
}

/** What a bare subscriber in the drill's own process hears, and how old it was. */
export interface BareListener extends AsyncDisposable {
  /** Without order. */
  readonly agesMs: readonly number[];
}

export async function openBareListener(url: string): Promise<BareListener> {
  const redis = new Redis(url);
  const agesMs: number[] = [];
  redis.on("message", (_channel, saidAtUs) => agesMs.push((machineUs() - Number(saidAtUs)) / 1_000));
  await redis.subscribe(CHANNEL);
  return {
    agesMs,
    async [Symbol.asyncDispose]() {
      await redis.quit();
    },
  };
}
