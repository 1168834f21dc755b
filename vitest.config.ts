import { defineConfig } from "vitest/config";
import { LongFirst } from "./scripts/long-first.ts";

/** Tests run the packages' sources, never a build that could be stale. */
const conditions = ["statusplane-source"];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};

export default defineConfig({
  ...shared,
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: [
            "packages/*/test/**/*.test.{ts,tsx}",
            "apps/*/test/**/*.test.{ts,tsx}",
            "clients/*/test/**/*.test.ts",
            "test/workspace/**/*.test.ts",
          ],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { shuffle: true },
        },
      },
      {
        ...shared,
        test: {
          name: "end-to-end",
          include: ["test/end-to-end/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...shared,
        test: {
          name: "faults", // a whole fleet whose recovery has bounds: alone on the machine
          include: ["test/faults/**/*.test.ts"],
          pool: "forks",
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
