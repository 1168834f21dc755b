import { eventually } from "@statusplane/test-support";
import { describe, expect, it } from "vitest";
import { withDeadline } from "../src/status-store/deadline.ts";

describe("a deadline", () => {
  it("ends the wait for an answer that does not come", async () => {
    let said = "";
    withDeadline(new Promise<never>(() => undefined), 10).catch((error: unknown) => (said = String(error)));
    await eventually("it is given up", () => said !== "", 5_000);
    expect(said).toContain("no answer within 10 ms");
  });

  it("passes on what comes in time, answer or error", async () => {
    expect(await withDeadline(Promise.resolve(7), 5_000)).toBe(7);
    await expect(withDeadline(Promise.reject(new Error("WRONGTYPE")), 5_000)).rejects.toThrow("WRONGTYPE");
  });
});
