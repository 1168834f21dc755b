/** What of ioredis is used. */
export type Ioredis = Pick<typeof import("ioredis"), "Redis" | "Cluster">;
export type Bullmq = typeof import("bullmq");

/**
 * Loads ioredis; nothing else does. Whoever watches in memory alone need not have it.
 * @throws {Error} that says what to install.
 */
export function loadIoredis(): Promise<Ioredis> {
  return import("ioredis").catch((cause: unknown) => notInstalled("Redis", "ioredis", cause));
}

/**
 * Loads BullMQ; nothing else does.
 * @throws {Error} that says what to install.
 */
export function loadBullmq(): Promise<Bullmq> {
  return import("bullmq").catch((cause: unknown) => notInstalled("the BullMQ queue", "bullmq", cause));
}

function notInstalled(what: string, name: string, cause: unknown): never {
  throw new Error(`${what} needs the package ${name}, which is not installed: npm install ${name}`, {
    cause,
  });
}
