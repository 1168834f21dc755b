import { without, type Area, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/worker/src/${file}`;
const inFile =
  (file: string) =>
  (title: string, stillGreen: string): NamedTest => ({
    project: "unit",
    file: `packages/worker/test/${file}`,
    title,
    stillGreen,
  });
const reporter = inFile("reporter/reporter.test.ts");
const losing = inFile("runner/losing-a-job.test.ts");
const worker = inFile("runner/worker.test.ts");

export const WORKER: Area = {
  title: "Worker",
  mutants: [
    {
      name: "percent-never-decreases",
      why: "the bar goes back whenever a job's code reports an earlier step",
      file: at("reporter/progress-meter.ts"),
      replace: [without("if (after < before) ")],
      test: inFile("reporter/progress-meter.test.ts")(
        "shows whole percents from 0 to 99 that never decrease, whatever code reports",
        "weighs the steps",
      ),
    },
    {
      name: "only-the-claim-announces",
      why: "every write creates what is missing, so a replaced worker shows itself again after a loss of data",
      file: at("reporter/reporter.ts"),
      replace: [without('this.#nextKind = "progress";')],
      test: reporter(
        "creates nothing after an announcement whose fate is unknown, but looks at the row first",
        "writes at most once per reportEveryMs, and then the newest",
      ),
    },
    {
      name: "look-before-announcing-again",
      why: "a paused worker whose job has gone on shows its own attempt again after a loss of data",
      file: at("reporter/reporter.ts"),
      replace: [['case "absent":\n        if (await this.#isMine()) {', 'case "absent":\n        {']],
      test: reporter(
        "stops and says so when the row has gone on, without writing",
        "writes a step change at once, but has one write in flight",
      ),
    },
    {
      name: "lease-stands-for-a-look",
      why: "a worker whose lease is over announces itself again because an earlier look was good",
      file: at("reporter/reporter.ts"),
      replace: [["return leaseHolds();", "return true;"]],
      test: reporter(
        "does not announce again on an earlier look when its lease no longer holds",
        "looks at the row once a minute at most, however often another program writes over it",
      ),
    },
    {
      name: "announces-with-its-next-version",
      why: "after a loss of data a watcher sees the version go back to 1",
      file: at("reporter/reporter.ts"),
      replace: [
        ['this.#nextKind = "announce";\n', 'this.#nextKind = "announce";\n          this.#version = 0;\n'],
      ],
      test: reporter(
        "announces itself again with its own next version after the store lost the key",
        "gives a sign of life every heartbeatMs when nothing changes",
      ),
    },
    {
      name: "fenced-worker-stops",
      why: "a worker that sees a newer attempt works on for nothing",
      file: at("reporter/reporter.ts"),
      replace: [
        [
          'case "fenced":\n        this.stop();\n        return this.#options.onLost("fenced");',
          'case "fenced":\n        return;',
        ],
      ],
      test: reporter("stops at once when a newer attempt is shown", "hears of a cancel by a write's answer"),
    },
    {
      name: "lease-renewal",
      why: "every job longer than its lease is given to a second worker while the first still runs it",
      file: at("runner/lease-keeper.ts"),
      replace: [
        without(
          "if (this.#cancelTimer === null && !this.#renewing) this.#scheduleIn(this.#options.timings.renewEveryMs);",
        ),
      ],
      test: losing(
        "is renewed by one statement for all jobs, and none while there are none",
        "that nobody heard of before the finish is honoured by the row",
      ),
    },
    {
      name: "lost-lease-aborts",
      why: "a worker whose job was given to another works on for nothing",
      file: at("runner/lease-keeper.ts"),
      replace: [["this.#lose(lease);\n        continue;", "continue;"]],
      test: losing(
        "missing from the answer aborts the job, and nothing is written anywhere",
        "is renewed by one statement for all jobs, and none while there are none",
      ),
    },
    {
      name: "lease-over-by-the-clock",
      why: "a worker that is cut off from the database works on although its job has long been given away",
      file: at("runner/lease-keeper.ts"),
      replace: [["() => this.#lose(lease));", "() => undefined);"]],
      test: losing(
        "that is over by the clock aborts the job although nobody answers",
        "that gets no answer is asked for again soon",
      ),
    },
    {
      name: "finish-after-commit",
      why: "people see an end that was never recorded, and nothing repairs it",
      file: at("runner/end-attempt.ts"),
      replace: [
        [
          "const end = { ...job.report(), status: successStatus(job.ref.kind), result: result.toStore, files };",
          `const end = { ...job.report(), status: successStatus(job.ref.kind), result: result.toStore, files };
  await writeTerminal({ ...job.record, status: end.status, result: null }, result.keyText, parts);`,
        ],
      ],
      test: losing(
        "lets the finished job wait with its result and records it when Postgres returns",
        "after the COMMIT changes nothing",
      ),
    },
    {
      name: "unknown-commit-is-looked-up",
      why: "a job whose COMMIT's answer was lost counts as lost, and its outputs are removed",
      file: at("runner/commit.ts"),
      replace: [["unknown = true;", "unknown = false;"]],
      test: losing(
        "believes the row when the COMMIT's answer was lost",
        "committed before the finish means: write nothing",
      ),
    },
    {
      name: "ends-are-kept",
      why: "what ended while Redis was away is shown as running until the outbox comes round",
      file: at("runner/terminal-writer.ts"),
      replace: [without("this.#kept.set(key, snapshot);")],
      test: losing(
        "does not fail the job nor hold up the next one, and is told when it is back",
        "is waited for no longer than the deadline when it hangs",
      ),
    },
    {
      name: "unclaimed-is-given-back",
      why: "a delivery that could not be claimed while Postgres was away is lost",
      file: at("runner/runner.ts"),
      replace: [['return { outcome: "give-back", delayMs: giveBackMs(random()) };', "return ACKNOWLEDGE;"]],
      test: worker(
        "gives one back for 1–15 s when the claim gets no answer",
        "gives one back whose job waits for later, and runs it then",
      ),
    },
    {
      name: "unanswered-claim-is-released",
      why: "a job whose claim's answer was lost stands still until its lease is over, and a try is lost",
      file: at("runner/runner.ts"),
      replace: [without("      this.#unanswered.keep({ ref, owner, sentAtMs });\n")],
      test: {
        project: "unit",
        file: "packages/worker/test/runner/unanswered-claims.test.ts",
        title: "is handed back when Postgres answers again, and its job runs as the next attempt",
        stillGreen: "that was never carried out leaves the job to its delivery",
      },
    },
    {
      name: "one-delivery-per-attempt",
      why: "every repair brings the job to the queue once more",
      file: "packages/redis/src/bullmq/bullmq-queue.ts",
      replace: [without("jobId: deliveryId(delivery),")],
      test: {
        project: "unit",
        file: "packages/redis/test/bullmq/bullmq-queue.test.ts",
        title: "repeated enqueues of a waiting delivery are one delivery",
        stillGreen: "a delivery is handled once, as it was enqueued",
      },
    },
  ],
};
