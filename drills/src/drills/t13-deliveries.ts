import { startPostgres } from "@statusplane/test-support";
import { checkDeliveries } from "../deliveries/check-deliveries.ts";
import type { Installation } from "../deliveries/installation.ts";
import { overBullmq, overMemoryQueue } from "../deliveries/over-queues.ts";
import { submitJobs } from "../deliveries/submit-jobs.ts";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import type { Random } from "../random.ts";

/** Half of the deliveries by the memory queue, half by BullMQ with a worker whose event loop stands still. */
export const t13: Drill = {
  id: "T13",
  title:
    "a queue that duplicates 10 %, reorders 30 %, is seconds late, and redelivers while the first still runs",
  fullVolume: 1_000_000,
  legVolume: 50_000,
  injectsFaults: false,
  bound: "one end per attempt, one winner per job, no try burnt by a duplicate",
  boundMs: null,
  async leg({ volume, random, say }: LegOptions): Promise<LegResult> {
    const postgres = await startPostgres();
    try {
      const part = { volume: Math.ceil(volume / 2), say };
      const memory = await overMemoryQueue(postgres, random.fork("memory queue"), (installation) =>
        deliver(installation, { ...part, random: random.fork("memory") }),
      );
      const bullmq = await overBullmq(postgres, random.fork("bullmq queue"), (installation) =>
        deliver(installation, { ...part, random: random.fork("bullmq") }),
      );
      return resultOf(memory, bullmq);
    } finally {
      await postgres.stop();
    }
  },
};

interface Seen {
  readonly jobs: number;
  readonly deliveries: number;
  readonly duplicates: number;
  readonly whileRunning: number;
  readonly perSecond: number;
  readonly observations: number;
  readonly violations: readonly Violation[];
}

interface Part {
  readonly volume: number;
  readonly random: Random;
  readonly say: (sentence: string) => void;
}

async function deliver(installation: Installation, part: Part): Promise<Seen> {
  const startedAtMs = performance.now();
  const jobs = await submitJobs(installation, part);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const perSecond = Math.round(installation.log.delivered / seconds);
  const checked = await checkDeliveries(installation, jobs);
  const { log, name } = installation;
  part.say(`${name}: ${log.delivered} deliveries, ${jobs.size} jobs, ${perSecond} deliveries a second`);
  return {
    jobs: jobs.size,
    deliveries: log.delivered,
    duplicates: log.duplicates,
    whileRunning: log.whileRunning,
    perSecond,
    ...checked,
  };
}

function resultOf(memory: Seen, bullmq: Awaited<ReturnType<typeof overBullmq<Seen>>>): LegResult {
  const parts = [memory, bullmq.seen];
  const sum = (what: "jobs" | "deliveries" | "observations" | "duplicates"): number =>
    parts.reduce((total, part) => total + part[what], 0);
  return {
    faults: sum("deliveries"),
    jobs: sum("jobs"),
    observations: sum("observations"),
    violations: parts.flatMap(({ violations }) => violations),
    slowestRecoveryMs: null,
    figures: {
      memory_deliveries_per_second: memory.perSecond,
      bullmq_deliveries_per_second: bullmq.seen.perSecond,
      duplicates: sum("duplicates"),
      memory_delivered_while_running: memory.whileRunning,
      bullmq_delivered_while_running: bullmq.seen.whileRunning,
      event_loop_blocks: bullmq.blocks,
      bullmq_lost_locks: bullmq.queueErrors,
    },
  };
}
