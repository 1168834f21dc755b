import type { Preparation } from "@statusplane/worker";
import type { Parts } from "./parts.ts";

/**
 * Has every job type prepare its machine. What one waits for meanwhile is told by its `requires`; one that fails, however it
 * does, ends nothing that runs already.
 */
export function prepareJobs({ jobs, log, ask }: Pick<Parts, "jobs" | "log" | "ask">): void {
  const say: Preparation["say"] = (level, sentence) => log[level](sentence);
  const prepare = async (job: Parts["jobs"][number]): Promise<void> => job.prepare?.({ say, ask });
  for (const job of jobs) {
    prepare(job).catch((err: unknown) => log.error({ err }, `${job.type} was not prepared`));
  }
}
