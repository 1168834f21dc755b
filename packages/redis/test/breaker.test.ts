import { eventually } from "@statusplane/test-support";
import { describe, expect, it } from "vitest";
import { Breaker } from "../src/status-store/breaker.ts";

/** A breaker whose probes are answered as told. */
function breakerWith(answers: boolean[]): { breaker: Breaker; changes: string[]; probes: () => number } {
  const changes: string[] = [];
  let probes = 0;
  const breaker = new Breaker({
    probe: async () => {
      probes++;
      if (answers.shift() !== true) throw new Error("no answer");
    },
    onChange: (state) => changes.push(state),
  });
  return { breaker, changes, probes: () => probes };
}

const fail = (breaker: Breaker, times: number): void => {
  for (let i = 0; i < times; i++) breaker.failed(new Error("no answer"));
};

describe("a breaker", () => {
  it("opens after five failures in a row, not after five in all", () => {
    const { breaker, changes } = breakerWith([]);
    fail(breaker, 4);
    breaker.succeeded();
    fail(breaker, 4);
    expect(breaker.letsThrough).toBe(true);
    fail(breaker, 1);
    expect(breaker.letsThrough).toBe(false);
    expect(changes).toEqual(["open"]);
    breaker.end();
  });

  it("probes until it is answered, lets nothing through meanwhile, and says each change once", async () => {
    const { breaker, changes, probes } = breakerWith([false, false, true]);
    fail(breaker, 5);
    await eventually("it closes", () => {
      if (probes() < 3) expect(breaker.letsThrough).toBe(false);
      return breaker.letsThrough;
    });
    expect(probes()).toBe(3);
    expect(changes).toEqual(["open", "closed"]);
    fail(breaker, 4);
    expect(breaker.letsThrough).toBe(true);
    breaker.end();
  });

  it("probes at once when there is a reason to, and only while open", async () => {
    const { breaker, probes } = breakerWith([true]);
    breaker.probeNow();
    expect(probes()).toBe(0);
    fail(breaker, 5);
    breaker.probeNow();
    breaker.probeNow();
    expect(probes()).toBe(1);
    await eventually("it closes", () => breaker.letsThrough);
    breaker.end();
  });
});
