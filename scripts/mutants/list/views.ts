import { without, type Area } from "../mutant.ts";

export const VIEWS: Area = {
  title: "What is watched",
  mutants: [
    {
      name: "life-before-flush",
      why: "what was watched while Postgres was away expires with the key, and is in no row",
      file: "packages/redis/src/views/lua/report.lua",
      replace: [
        ["redis.call('PERSIST', KEYS[1])\n", "redis.call('EXPIRE', KEYS[1], 604800)\n"],
        ["redis.call('PERSIST', KEYS[2])\n", "redis.call('EXPIRE', KEYS[2], 604800)\n"],
      ],
      test: {
        project: "unit",
        file: "packages/redis/test/redis-views.test.ts",
        title: "never expire between a report and the flush that wrote it",
        stillGreen: "all expire after it, a load or a look afterwards included",
      },
    },
    {
      name: "what-came-back-has-a-version",
      why: "a teacher's grid shows less than the row until the student reports again",
      file: "packages/redis/src/views/lua/load.lua",
      replace: [without("    redis.call('HINCRBY', KEYS[1], 'version', 1)\n")],
      test: {
        project: "unit",
        file: "packages/redis/test/redis-views.test.ts",
        title:
          "puts a row in, with credit for the time since it was written, and merges it with what is there",
        stillGreen: "counts what was played, and a repeated report nothing",
      },
    },
  ],
};
