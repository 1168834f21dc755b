import { afterEach, describe, expect, it } from "vitest";
import { armCrashPoints, CRASH_POINTS, crashPoint, isCrashPointName } from "../src/crash-point.ts";

afterEach(() => armCrashPoints(null));

describe("crash points", () => {
  it("do nothing until they are armed, and nothing again afterwards", () => {
    const passed: string[] = [];
    crashPoint("finish.before-commit");
    armCrashPoints((name) => passed.push(name));
    crashPoint("finish.after-commit");
    crashPoint("relay.before-mark");
    armCrashPoints(null);
    crashPoint("finish.after-write");
    expect(passed).toEqual(["finish.after-commit", "relay.before-mark"]);
  });

  it("end right there what passes them: whatever the armed one throws is not caught on the way", () => {
    armCrashPoints((name) => {
      throw new Error(name);
    });
    expect(() => crashPoint("claim.after-commit")).toThrow("claim.after-commit");
  });

  it("are named by flow and moment, and each says in a sentence where it is", () => {
    const points = Object.entries(CRASH_POINTS);
    expect(points.length).toBeGreaterThanOrEqual(48);
    for (const [name, sentence] of points) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.(before|after)-[a-z]+(-[a-z]+)*$/);
      expect(sentence, name).toMatch(/^[A-Z].+\.$/);
    }
    expect(new Set(points.map(([, sentence]) => sentence)).size).toBe(points.length);
  });

  it("are known by their own names only", () => {
    expect(isCrashPointName("sweep.after-commit")).toBe(true);
    for (const text of ["", "sweep", "toString", "__proto__"])
      expect(isCrashPointName(text), text).toBe(false);
  });
});
