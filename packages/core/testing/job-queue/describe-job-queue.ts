import { jobRef, type Delivery, type DeliveryOutcome, type JobQueue } from "@statusplane/core";
import { eventually } from "../eventually.ts";
import { afterEach, describe, expect, it } from "vitest";

const ACKNOWLEDGE: DeliveryOutcome = { outcome: "acknowledge" };

/** What every JobQueue must do. `open` answers a new, empty queue. */
export function describeJobQueue(name: string, open: () => Promise<JobQueue>): void {
  const opened: JobQueue[] = [];
  const openQueue = async (): Promise<JobQueue> => {
    const queue = await open();
    opened.push(queue);
    return queue;
  };

  describe(`JobQueue: ${name}`, () => {
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
    });

    it("a delivery is handled once, as it was enqueued", async () => {
      const queue = await openQueue();
      const seen = await recordAll(queue);
      await queue.enqueue(delivery("a", 3));
      await eventually("it was delivered", () => seen.length === 1);
      await eventually("nothing is left", async () => (await depthOf(queue)) === 0);
      expect(seen).toEqual([delivery("a", 3)]);
    });

    it("repeated enqueues of a waiting delivery are one delivery", async () => {
      const queue = await openQueue();
      await queue.enqueue(delivery("a"));
      await queue.enqueue(delivery("a"));
      await queue.enqueue(delivery("b"));
      expect(await depthOf(queue)).toBe(2);
      const seen = await recordAll(queue);
      await eventually("all was delivered", () => seen.some(({ ref }) => ref.id === "b"));
      expect(seen.map(({ ref }) => ref.id).sort()).toEqual(["a", "b"]);
    });

    it("an enqueue of a delivery that is being handled is the same delivery", async () => {
      const queue = await openQueue();
      const gate = newGate();
      let handled = 0;
      await queue.consume({
        jobType: "count",
        concurrency: 4,
        handle: async () => {
          handled += 1;
          await gate.opened;
          return ACKNOWLEDGE;
        },
      });
      await queue.enqueue(delivery("a"));
      await eventually("it is being handled", () => handled === 1);
      await queue.enqueue(delivery("a"));
      gate.open();
      await queue.enqueue(delivery("b"));
      await eventually("the next one is handled", () => handled === 2);
      expect(await depthOf(queue)).toBe(0);
    });

    it("the next attempt of a job is another delivery", async () => {
      const queue = await openQueue();
      await queue.enqueue(delivery("a", 1));
      await queue.enqueue(delivery("a", 2));
      const seen = await recordAll(queue);
      await eventually("both were delivered", () => seen.length === 2);
    });

    it("equal ids of two tenants and of two kinds are different deliveries", async () => {
      const queue = await openQueue();
      const refs = [jobRef("7", "job", "a"), jobRef("8", "job", "a"), jobRef("7", "video", "a")];
      for (const ref of refs) await queue.enqueue({ ref, attempt: 1, jobType: "count" });
      expect(await depthOf(queue)).toBe(3);
    });

    it("a delivery may be enqueued again after it was acknowledged", async () => {
      const queue = await openQueue();
      const seen = await recordAll(queue);
      await queue.enqueue(delivery("a"));
      await eventually("it was delivered", () => seen.length === 1);
      await eventually("it is forgotten", async () => {
        await queue.enqueue(delivery("a"));
        return seen.length >= 2;
      });
    });

    it("a delayed delivery waits, one behind it without delay does not", async () => {
      const queue = await openQueue();
      await queue.enqueue(delivery("later"), 600);
      await queue.enqueue(delivery("now"));
      const seen = await recordAll(queue); // may take longer than the delay on a busy machine: the order is the same
      await eventually("both were delivered", () => seen.length === 2);
      expect(seen.map(({ ref }) => ref.id)).toEqual(["now", "later"]);
    });

    it("a delivery that was put off comes at once when it is enqueued again without delay", async () => {
      const queue = await openQueue();
      await queue.enqueue(delivery("later"), 3_600_000);
      const seen = await recordAll(queue);
      await queue.enqueue(delivery("later"), 1_800_000); // not yet its time: stays as it is
      expect([await depthOf(queue), seen.length]).toEqual([1, 0]);
      await queue.enqueue(delivery("later"));
      await eventually("it was delivered", () => seen.length === 1);
      await eventually("nothing is left", async () => (await depthOf(queue)) === 0);
    });

    it("what is given back is delivered again after its delay", async () => {
      const queue = await openQueue();
      const seen: string[] = [];
      await queue.consume({
        jobType: "count",
        concurrency: 1,
        handle: async ({ ref }) => {
          seen.push(ref.id);
          if (seen.length > 1) return ACKNOWLEDGE;
          await queue.enqueue(delivery("b")); // before the delay begins, however busy the machine is
          return { outcome: "give-back", delayMs: 300 };
        },
      });
      await queue.enqueue(delivery("a"));
      await eventually("it came again", () => seen.length === 3);
      expect(seen).toEqual(["a", "b", "a"]);
      await eventually("nothing is left", async () => (await depthOf(queue)) === 0);
    });

    it("a delivery whose handler rejects is given back", async () => {
      const queue = await openQueue();
      let calls = 0;
      await queue.consume({
        jobType: "count",
        concurrency: 1,
        handle: async () => {
          if (++calls === 1) throw new Error("broken handler");
          return ACKNOWLEDGE;
        },
      });
      await queue.enqueue(delivery("a"));
      await eventually("it came again", () => calls === 2);
    });

    it("no more are handled at once than the concurrency says", async () => {
      const queue = await openQueue();
      let atOnce = 0;
      let most = 0;
      let done = 0;
      await queue.consume({
        jobType: "count",
        concurrency: 2,
        handle: async () => {
          most = Math.max(most, ++atOnce);
          await new Promise((resolve) => setTimeout(resolve, 30));
          atOnce -= 1;
          done += 1;
          return ACKNOWLEDGE;
        },
      });
      for (const id of ["a", "b", "c", "d", "e", "f"]) await queue.enqueue(delivery(id));
      await eventually("all were handled", () => done === 6);
      expect(most).toBe(2);
    });

    it("a job type's consumer gets no other type's deliveries", async () => {
      const queue = await openQueue();
      const seen = await recordAll(queue);
      await queue.enqueue({ ...delivery("other"), jobType: "other" });
      await queue.enqueue(delivery("a"));
      await eventually("its own was delivered", () => seen.length === 1);
      expect(seen[0]?.ref.id).toBe("a");
      expect(await queue.depth(["count", "other", "unknown"])).toEqual(
        new Map([
          ["count", 0],
          ["other", 1],
          ["unknown", 0],
        ]),
      );
    });

    it("a paused consumer leaves what comes to another one", async () => {
      const queue = await openQueue();
      const first: string[] = [];
      const consumer = await queue.consume({
        jobType: "count",
        concurrency: 1,
        handle: async ({ ref }) => {
          first.push(ref.id);
          // a consumer that blocks on the server may be handed one more: the runner gives that back, too
          return ref.id === "before" ? ACKNOWLEDGE : { outcome: "give-back", delayMs: 0 };
        },
      });
      await queue.enqueue(delivery("before"));
      await eventually("it consumes", () => first.length === 1);
      await consumer.pause();
      const second = await recordAll(queue);
      await queue.enqueue(delivery("a"));
      await queue.enqueue(delivery("b"));
      await eventually("the other one got them", () => second.length === 2);
    });

    it("closing a consumer waits for what it handles", async () => {
      const queue = await openQueue();
      const gate = newGate();
      let handled = false;
      let begun = false;
      const consumer = await queue.consume({
        jobType: "count",
        concurrency: 1,
        handle: async () => {
          begun = true;
          await gate.opened;
          handled = true;
          return ACKNOWLEDGE;
        },
      });
      await queue.enqueue(delivery("a"));
      await eventually("it is being handled", () => begun);
      const closed = consumer.close();
      gate.open();
      await closed;
      expect(handled).toBe(true);
      expect(await depthOf(queue)).toBe(0);
    });

    it("a closed queue refuses with queue_unavailable, and a second close does nothing", async () => {
      const queue = await openQueue();
      await queue.close();
      await queue.close();
      await expect(queue.enqueue(delivery("a"))).rejects.toMatchObject({ code: "queue_unavailable" });
    });
  });
}

/** A delivery of job type `count`. */
export function delivery(id: string, attempt = 1): Delivery {
  return { ref: jobRef("7", "job", id), attempt, jobType: "count" };
}

/** Consumes `count` and acknowledges everything; the list grows as deliveries come. */
export async function recordAll(queue: JobQueue): Promise<Delivery[]> {
  const seen: Delivery[] = [];
  await queue.consume({
    jobType: "count",
    concurrency: 1,
    handle: async (next) => {
      seen.push(next);
      return ACKNOWLEDGE;
    },
  });
  return seen;
}

export async function depthOf(queue: JobQueue): Promise<number> {
  return (await queue.depth(["count"])).get("count") ?? Number.NaN;
}

function newGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
