import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/**
 * Files that take longest, of each project: one that begins last keeps a core idle until it ends (the model's searches:
 * over a minute). What each took stands in `build/test-reports/`.
 */
const LONGEST = [
  "test/workspace/model.test.ts",
  "apps/academy/test/video-hls.test.ts",
  "apps/academy/test/video-hls-times.test.ts",
  "packages/redis/test/cluster-failover.test.ts",
  "packages/postgres/test/embedded-database.test.ts",
  "packages/redis/test/sentinel-failover.test.ts",
  "apps/academy/test/video-hls-colors.test.ts",
  "test/end-to-end/processes.test.ts",
  "test/end-to-end/fuzz.test.ts",
  "test/end-to-end/page.test.ts",
  "test/end-to-end/embedded.test.ts",
  "test/end-to-end/videos.test.ts",
  "test/end-to-end/lost-worker.test.ts",
  "test/end-to-end/strangers-project.test.ts",
  "test/end-to-end/one-connection.test.ts",
  "test/end-to-end/dev.test.ts",
];

/** Begins with the longest files; the others as Vitest has them. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
