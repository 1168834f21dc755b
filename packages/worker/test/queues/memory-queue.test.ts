import { createMemoryQueue } from "@statusplane/worker";
import { describeJobQueue } from "../contract/describe-job-queue.ts";

describeJobQueue("memory", async () => createMemoryQueue());
