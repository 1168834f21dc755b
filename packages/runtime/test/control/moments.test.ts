import { refKey, type JobEnd, type JobRef, type Kind } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TwoReplicas, type ControlAnswer, type Replica } from "./two-replicas.ts";

const FAILURE = { errorCode: "internal_error", errorMessage: "m", errorDetail: null, backoffMs: 60_000 };

let both: TwoReplicas;
beforeAll(async () => {
  both = await TwoReplicas.open();
});
afterAll(() => both.close());

function success(kind: Kind): JobEnd {
  const value = kind === "video" ? { hls_path: "7/x/1/main.list", duration: 3 } : { rows: 3 };
  return { status: kind === "video" ? "READY" : "DONE", result: { kind: "value", value, bytes: 40 } };
}

async function running(kind: Kind, maxTries = 3): Promise<JobRef> {
  const ref = await both.submitted(kind, maxTries);
  await both.tell(await both.claimed(ref));
  return ref;
}
/** Its worker died: what the sweeper then commits, and tells. */
async function lost(ref: JobRef): Promise<JobRef> {
  await both.letLeasePass(ref);
  const swept = await both.database.reconciler.sweep(200);
  for (const { record } of swept) await both.tell(record);
  return ref;
}

/** Every moment of a job's life, and what it answers: the status with the row's status, or with the problem's code. */
const MOMENTS: readonly (readonly [
  moment: string,
  bring: (kind: Kind) => Promise<JobRef>,
  cancel: string,
  retry: string,
])[] = [
  ["queued", (kind) => both.submitted(kind), "202 CANCELLED", "409 not_retryable"],
  [
    "starting: claimed, and nobody has been told",
    async (kind) => {
      const ref = await both.submitted(kind);
      await both.claimed(ref);
      return ref;
    },
    "202 PROCESSING",
    "409 not_retryable",
  ],
  ["running", (kind) => running(kind), "202 PROCESSING", "409 not_retryable"],
  [
    "asked to stop already",
    async (kind) => {
      const ref = await running(kind);
      await both.database.requests.cancel(ref);
      return ref;
    },
    "202 PROCESSING",
    "409 not_retryable",
  ],
  [
    "waiting for its next try",
    async (kind) => {
      const ref = await running(kind);
      await both.tell(await both.database.worker.failTry(ref, 1, { ...FAILURE, retryable: true }));
      return ref;
    },
    "202 CANCELLED",
    "409 not_retryable",
  ],
  [
    "handed back by a worker that shuts down",
    async (kind) => {
      const ref = await running(kind);
      await both.tell(await both.database.worker.handBack(ref, 1));
      return ref;
    },
    "202 CANCELLED",
    "409 not_retryable",
  ],
  [
    "finished, and nobody has been told",
    async (kind) => {
      const ref = await running(kind);
      await both.database.worker.finish(ref, 1, success(kind));
      return ref;
    },
    "409 already_finished",
    "409 not_retryable",
  ],
  [
    "finished",
    async (kind) => {
      const ref = await running(kind);
      await both.tell(await both.database.worker.finish(ref, 1, success(kind)));
      return ref;
    },
    "409 already_finished",
    "409 not_retryable",
  ],
  [
    "failed for good",
    async (kind) => {
      const ref = await running(kind);
      await both.tell(await both.database.worker.failTry(ref, 1, { ...FAILURE, retryable: false }));
      return ref;
    },
    "409 already_finished",
    "202 PENDING",
  ],
  [
    "cancelled",
    async (kind) => {
      const ref = await running(kind);
      await both.database.requests.cancel(ref);
      await both.tell(await both.database.worker.finish(ref, 1, success(kind)));
      return ref;
    },
    "202 CANCELLED",
    "202 PENDING",
  ],
  [
    "its worker lost, and nobody has noticed",
    async (kind) => {
      const ref = await running(kind);
      await both.letLeasePass(ref);
      return ref;
    },
    "202 PROCESSING",
    "409 not_retryable",
  ],
  [
    "its worker lost, waiting for another",
    async (kind) => lost(await running(kind)),
    "202 CANCELLED",
    "409 not_retryable",
  ],
  [
    "its last worker lost",
    async (kind) => lost(await running(kind, 1)),
    "409 already_finished",
    "202 PENDING",
  ],
];

function inShort({ status, body }: ControlAnswer): string {
  return `${status} ${String(status === 202 ? body["status"] : body["code"])}`;
}

/** A job at that moment, asked at one replica after both have read its record. */
async function askedAt(replica: Replica, bring: () => Promise<JobRef>, action: "cancel" | "retry") {
  const ref = await bring();
  for (const each of both.replicas) await both.get(each, ref, "");
  const before = await both.row(ref);
  const answer = await both.ask(replica, ref, action);
  return { ref, before, answer };
}

describe.each(["video", "job"] as const)("a %s", (kind) => {
  describe.each(MOMENTS)("that is %s", (_moment, bring, cancel, retry) => {
    it("answers a cancel alike at both replicas, and ends as it was told", async () => {
      const answers: ControlAnswer[] = [];
      for (const replica of both.replicas) {
        const { ref, before, answer } = await askedAt(replica, () => bring(kind), "cancel");
        answers.push(answer);
        expect(inShort(answer)).toBe(cancel);
        const next = replica === both.replicas[0] ? "worker" : "sweeper";
        if (answer.status === 202) await expectCancelled(ref, next);
        else expect(await both.row(ref)).toEqual(before);
      }
      expect(answers[1]).toEqual(answers[0]);
    });

    it("answers a retry alike at both replicas, and only then has a new attempt", async () => {
      const answers: ControlAnswer[] = [];
      for (const replica of both.replicas) {
        const { ref, before, answer } = await askedAt(replica, () => bring(kind), "retry");
        answers.push(answer);
        expect(inShort(answer)).toBe(retry);
        if (answer.status === 202) await expectNextAttempt(ref, before.attempt + 1, answer);
        else expect(await both.row(ref)).toEqual(before);
      }
      expect(answers[1]).toEqual(answers[0]);
    });
  });

  it.each([0, 1] as const)(
    "that is finishing answers a cancel by whichever came first, at replica %i",
    async (which) => {
      const replica = both.replicas[which];
      const committed = await running(kind);
      // the worker's COMMIT is under way: the cancel has to wait for it
      const answer = await both.database.transaction("work", async ({ query }) => {
        const text =
          "UPDATE statusplane.job SET status = $2, lease_until = NULL, finished_at = now() WHERE id = $1";
        await query({ text, values: [committed.id, success(kind).status] });
        const asked = both.ask(replica, committed, "cancel");
        await eventually("the cancel waits for the row", async () => {
          const waiting =
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%WITH told%'";
          return (await both.database.query("people", { text: waiting })).rowCount === 1;
        });
        return { asked };
      });
      expect(inShort(await answer.asked)).toBe("409 already_finished");
      expect((await both.row(committed)).status).toBe(success(kind).status);

      const cancelled = await running(kind);
      expect(inShort(await both.ask(replica, cancelled, "cancel"))).toBe("202 PROCESSING");
      await both.tell(await both.database.worker.finish(cancelled, 1, success(kind)));
      expect((await both.row(cancelled)).status).toBe("CANCELLED");
    },
  );
});

/** An accepted cancel is kept, whoever asks again and whoever of the two ends the job. */
async function expectCancelled(ref: JobRef, next: "worker" | "sweeper"): Promise<void> {
  const again = await Promise.all(both.replicas.map((replica) => both.ask(replica, ref, "cancel")));
  expect(again.map(({ status }) => status)).toEqual([202, 202]);
  const { attempt, status } = await both.row(ref);
  if (status === "PROCESSING") {
    if (next === "sweeper") await lost(ref);
    else await both.tell(await both.database.worker.finish(ref, attempt, success(ref.kind)));
  }
  expect(await both.row(ref)).toMatchObject({ status: "CANCELLED", attempt, errorCode: "cancelled" });
  for (const replica of both.replicas) {
    const shown = await both.get(replica, ref, "progress/");
    expect(shown).toMatchObject({ status: "CANCELLED", attempt, error_code: "cancelled" });
  }
}

/** One new attempt, known to both replicas and enqueued once; nobody can retry it again. */
async function expectNextAttempt(ref: JobRef, attempt: number, { body }: ControlAnswer): Promise<void> {
  expect(body).toMatchObject({ attempt, version: 0 });
  expect(await both.row(ref)).toMatchObject({ status: "PENDING", attempt, tries: 0, cancelRequested: false });
  expect(both.deliveries).toContain(`${refKey(ref)}.${attempt}`);
  for (const replica of both.replicas) {
    expect(await both.get(replica, ref, "progress/")).toMatchObject({
      status: "PENDING",
      attempt,
      version: 0,
    });
    expect(inShort(await both.ask(replica, ref, "retry"))).toBe("409 not_retryable");
  }
}
