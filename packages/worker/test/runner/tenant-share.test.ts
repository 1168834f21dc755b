import { jobRef, type Delivery, type DeliveryOutcome } from "@statusplane/core";
import { describe, expect, it } from "vitest";
import { TenantShare } from "../../src/runner/tenant-share.ts";
import { FakeClock, settle } from "../fakes/fake-clock.ts";

const ACKNOWLEDGED: DeliveryOutcome = { outcome: "acknowledge" };

/** A share of so many places, whose jobs end when a test says so. */
function open(places: number) {
  const clock = new FakeClock();
  const ended = new AbortController();
  const running: { readonly tenant: string; readonly end: () => void }[] = [];
  const share = new TenantShare({
    places,
    clock,
    ended: ended.signal,
    handle: ({ ref }) =>
      new Promise((resolve) => {
        const job = {
          tenant: ref.tenant,
          end: (): void => {
            running.splice(running.indexOf(job), 1);
            resolve(ACKNOWLEDGED);
          },
        };
        running.push(job);
      }),
  });
  const deliver = (tenant: string): Promise<DeliveryOutcome> => {
    const delivery: Delivery = { ref: jobRef(tenant, "job", "a"), attempt: 1, jobType: "count" };
    return share.handle(delivery);
  };
  return { clock, ended, running, deliver, tenants: () => running.map(({ tenant }) => tenant).sort() };
}

describe("a tenant's share of a job type's places", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
  ])("of %i is %i", async (places, share) => {
    const { deliver, running } = open(places);
    for (let i = 0; i < places; i++) void deliver("a");
    await settle();
    expect(running).toHaveLength(share);
  });

  it("leaves a place to others, whatever it has to do", async () => {
    const { deliver, tenants, clock } = open(4);
    const beyond = [1, 2, 3, 4, 5].map(() => deliver("a")).at(-1);
    await clock.advance(250);
    expect(await beyond).toEqual({ outcome: "give-back", delayMs: 1_000 });
    void deliver("b");
    await settle();
    expect(tenants()).toEqual(["a", "a", "a", "b"]);
  });

  it("is taken up again at once where one of its own ends, by one alone", async () => {
    const { deliver, running, clock } = open(3);
    const outcomes = [1, 2, 3, 4].map(() => deliver("a"));
    await clock.advance(100);
    running[0]?.end();
    await settle();
    expect(running).toHaveLength(2);
    await clock.advance(150);
    expect(await outcomes[3]).toEqual({ outcome: "give-back", delayMs: 1_000 });
    for (const job of [...running]) job.end();
    expect(await Promise.all(outcomes.slice(0, 3))).toEqual([ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(clock.waiting).toBe(0);
  });

  it("begins nothing more once the worker stops", async () => {
    const { deliver, ended, running, clock } = open(3);
    const outcomes = [1, 2, 3].map(() => deliver("a"));
    await settle();
    ended.abort();
    expect(await outcomes[2]).toEqual({ outcome: "give-back", delayMs: 0 });
    expect(running).toHaveLength(2);
    expect(clock.waiting).toBe(0);
  });
});
