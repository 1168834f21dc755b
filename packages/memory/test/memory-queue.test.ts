import { createMemoryQueue } from "@statusplane/memory";
import { describeJobQueue } from "@statusplane/core/testing/job-queue";

describeJobQueue("memory", async () => createMemoryQueue());
