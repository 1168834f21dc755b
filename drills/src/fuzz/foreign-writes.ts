import { jobKeys, jobRef, type Kind } from "@statusplane/core";
import { Redis } from "ioredis";
import type { Random } from "../random.ts";
import { hostileJson, hostileText } from "./hostile-values.ts";

const TENANTS = ["1", "2"];

/**
 * Writes what other programs might leave under jobs' keys: other types than a string or a hash, texts that are no JSON,
 * too deep, too large or half a snapshot.
 * @returns the ids.
 */
export async function writeForeignValues(
  redisUrl: string,
  random: Random,
  count: number,
): Promise<readonly string[]> {
  const redis = new Redis(redisUrl);
  const ids = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? String(900_000 + i) : `foreign-${i}`));
  try {
    for (const id of ids) {
      for (const tenant of TENANTS) {
        for (const kind of ["video", "job"] as const) await writeOne(redis, { tenant, kind, id }, random);
      }
    }
  } finally {
    redis.disconnect();
  }
  return ids;
}

async function writeOne(
  redis: Redis,
  { tenant, kind, id }: { readonly tenant: string; readonly kind: Kind; readonly id: string },
  random: Random,
): Promise<void> {
  const { status, progress, result } = jobKeys(jobRef(tenant, kind, id), false);
  switch (random.between(0, 4)) {
    case 0:
      await redis.rpush(status, "a", "b");
      break;
    case 1:
      await redis.hset(status, "status", "PROCESSING");
      break;
    default:
      await redis.set(status, statusText(random));
  }
  switch (random.between(0, 3)) {
    case 0:
      await redis.set(progress, hostileText(random));
      break;
    case 1:
      await redis.zadd(progress, 1, "percent");
      break;
    default:
      await redis.hset(progress, "percent", hostileText(random), hostileText(random), hostileText(random));
  }
  if (random.chance(0.5)) await redis.sadd(result, "x");
  else await redis.set(result, hostileText(random));
}

function statusText(random: Random): string {
  const status = random.pick([
    "PENDING",
    "PROCESSING",
    "READY",
    "DONE",
    "FAILED",
    "CANCELLED",
    "NEW",
    "__proto__",
  ]);
  const depth = random.pick([1, 100, 50_000]);
  const texts = [
    JSON.stringify({ status, result: hostileJson(random), duration: hostileJson(random) }),
    `{"status":"${status}","result":${"[".repeat(depth)}${"]".repeat(depth)}}`,
    `{"status":"${status}","duration":1e999,"result":12345678901234567890}`,
    JSON.stringify({ status, hls_path: hostileText(random), error_reason: hostileText(random) }),
    `{"attempt":1,"version":1,"status":"${status}",`,
    hostileText(random),
    "[".repeat(depth),
  ];
  return random.pick(texts);
}
