import { readScript } from "../connections/read-script.ts";
import type { QueueConnection } from "./queue-connections.ts";

const FOLLOW_CLOCK = readScript("bullmq/lua/follow-clock.lua");

export interface QueueClockOptions {
  readonly connection: QueueConnection;
  readonly prefix: string;
  readonly jobType: string;
  /** The life of a lock, ms, a whole number; also between two looks. */
  readonly lockMs: number;
}

/**
 * Looks from time to time whether the clock of the queue's Redis was set back, and follows it: a delivery whose consumer
 * died would otherwise stay with it for as long.
 * @returns how to end it.
 */
export function followQueueClock({ connection, prefix, jobType, lockMs }: QueueClockOptions): () => void {
  const key = `${prefix}:${jobType}`;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return; // the last one still waits for the server's return
    looking = true;
    try {
      const keys = [`${key}:stalled-check`, `${key}:active`];
      await connection.eval(FOLLOW_CLOCK, keys.length, ...keys, lockMs, `${key}:`);
    } catch {
      // the connection tells its own trouble; the next look comes
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), lockMs);
  return () => clearInterval(timer);
}
