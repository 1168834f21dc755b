import { without, type Area, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/worker/src/reconciler/${file}`;
const reconciler = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/worker/test/reconciler/reconciler.test.ts",
  title,
  stillGreen,
});

const FLUSH = "after a flush tells everything that waits, and what ended in the recovery window";

export const RECONCILER: Area = {
  title: "Reconciler",
  mutants: [
    {
      name: "settle-window",
      why: "an end whose acknowledged write a failover lost is shown as running for six hours",
      file: at("relay.ts"),
      replace: [
        ["const first = done.filter(({ applied }) => !applied);", "const first = done.slice(0, 0);"],
        ["const second = done.filter(({ applied }) => applied);", "const second = done;"],
      ],
      test: reconciler(
        "tells an end twice, a settle window apart, and then forgets it",
        "announces and enqueues what is PENDING, delayed until its time",
      ),
    },
    {
      name: "takes-only-what-it-can-tell",
      why: "an outage of Redis marks every due entry as taken, and its end finds nothing due",
      file: at("reconciler.ts"),
      replace: [["this.#storeAnswers ? TAKE_LIMIT : 0", "TAKE_LIMIT"]],
      test: reconciler(
        "takes nothing while the store does not answer, and all that is due at its first answer",
        "goes on at once while it takes full batches",
      ),
    },
    {
      name: "untold-is-kept",
      why: "what Redis did not take in the middle of a batch waits until its taker counts as dead",
      file: at("relay.ts"),
      replace: [without("this.#unapplied.push(...failed);")],
      test: reconciler(
        "repeats what failed in the middle of a batch at the next answer, before it is due again",
        "leaves an entry alone that was renewed while it was applied",
      ),
    },
    {
      name: "loss-by-an-older-sentinel",
      why: "a failover to an older copy is not noticed, and what it lost stays lost",
      file: at("loss-detection.ts"),
      replace: [["sentinel.tick < expectedTick", "sentinel.tick < 0"]],
      test: reconciler(
        "after a failover to an older copy tells what ended since, and in the last 15 minutes at least",
        FLUSH,
      ),
    },
    {
      name: "loss-by-a-missing-sentinel",
      why: "a flushed Redis is not noticed, and what it lost stays lost",
      file: at("loss-detection.ts"),
      replace: [["const missing = known.length < sentinels.length;", "const missing = false;"]],
      test: reconciler(
        FLUSH,
        "after a failover to an older copy tells what ended since, and in the last 15 minutes at least",
      ),
    },
    {
      name: "refill-outlives-its-process",
      why: "a process that dies while it refills Redis leaves it half filled, and its successor sees no loss",
      file: at("loss-detection.ts"),
      replace: [
        [
          "const refilling = { tick: REFILLING, tickedAtMs:",
          "const refilling = { tick: tick.tick, tickedAtMs:",
        ],
      ],
      test: reconciler("is taken up by a successor when the process dies in the middle", FLUSH),
    },
    {
      name: "waiting-rows-are-renewed",
      why: "a job that waits longer than a live key's life vanishes, and a delivery that the queue lost is never found",
      file: at("waiting-rows.ts"),
      replace: [
        ["async (record) => void (await applyRecord(record, { writer, queue }))", "async () => undefined"],
      ],
      test: reconciler("are announced and enqueued at start and every ten minutes, without entries", FLUSH),
    },
    {
      name: "one-leader",
      why: "every process ticks, and housekeeping grows with their number",
      file: "packages/postgres/src/take.ts",
      replace: [["WHERE owner = $4::text OR lease_until <= now()", "WHERE true"]],
      test: {
        project: "unit",
        file: "packages/postgres/test/postgres-records.test.ts",
        title: "has one leader: another is refused until the lease is over or given up",
        stillGreen: "counts ticks and tells the time of the one before, over a change of leader",
      },
    },
    {
      name: "standby-watches-the-beat",
      why: "every process asks Postgres at every tick, and housekeeping grows with their number",
      file: at("election.ts"),
      replace: [["return beat === null ||", "return true ||"]],
      test: reconciler(
        "has one leader; a standby watches the beat and asks Postgres nothing",
        "has a standby ask every 30 s while the store is away",
      ),
    },
    {
      name: "wake-ups-are-few",
      why: "many lost announcements make many ticks, and housekeeping grows with the work",
      file: at("reconciler.ts"),
      replace: [without("this.#earlyAllowedAtMs = nowMs + timings.tickMs * TICKS_BETWEEN_EARLY_ONES;")],
      test: reconciler(
        "comes earlier for a wake-up message, after the committer's grace, but not for each of many",
        "costs at most 20 statements a minute while idle",
      ),
    },
  ],
};
