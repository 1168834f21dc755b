/** The two optional packages behind this queue; this is the only place that loads them. */
export interface BullmqPackages {
  readonly bullmq: typeof import("bullmq");
  readonly ioredis: Pick<typeof import("ioredis"), "Redis" | "Cluster">;
}

/** @throws {Error} that names the package to install. */
export async function loadBullmq(): Promise<BullmqPackages> {
  const [bullmq, ioredis] = await Promise.all([
    import("bullmq").catch((cause: unknown) => notInstalled("bullmq@6", cause)),
    import("ioredis").catch((cause: unknown) => notInstalled("ioredis@6", cause)),
  ]);
  return { bullmq, ioredis };
}

function notInstalled(name: string, cause: unknown): never {
  throw new Error(`the BullMQ queue needs a package that is not installed: npm install ${name}`, { cause });
}
