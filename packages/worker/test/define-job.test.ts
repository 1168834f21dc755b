import { ERRORS, JobError, jobRef } from "@statusplane/core";
import { defineJob, type JobContext } from "@statusplane/worker";
import { describe, expect, it } from "vitest";

const steps = [{ key: "read", label: { ko: "읽기", en: "Reading" } }] as const;

describe("defineJob", () => {
  it("fills in kind, tries and weights, and machine names where nobody gave words", () => {
    const definition = defineJob({
      type: "count",
      steps: [...steps, { key: "write" }],
      run: async () => null,
    });
    expect(definition).toMatchObject({ kind: "job", maxTries: 3, label: { ko: "count", en: "count" } });
    expect(definition.steps).toEqual([
      { key: "read", label: { ko: "읽기", en: "Reading" }, weight: 1 },
      { key: "write", label: { ko: "write", en: "write" }, weight: 1 },
    ]);
  });

  it.each([
    ["a type that is no id", { type: "a:b", steps }],
    ["two steps of one key", { type: "a", steps: [...steps, ...steps] }],
    [
      "a weight of 0",
      { type: "a", steps: [{ key: "read", label: { ko: "읽기", en: "Reading" }, weight: 0 }] },
    ],
    ["no tries", { type: "a", steps, maxTries: 0 }],
    ["an error that the platform has", { type: "a", steps, errors: [ERRORS.poison] }],
  ])("refuses %s", (_what, options) => {
    expect(() => defineJob({ ...options, run: async () => null })).toThrow(TypeError);
  });

  it("hands run what parse made of the payload", async () => {
    const definition = defineJob({
      type: "count",
      steps,
      parse: (payload) => Number(payload),
      run: async (_ctx, upTo) => upTo + 1,
    });
    await expect(definition.run({ ref: jobRef("7", "job", "a") } as JobContext, "41")).resolves.toBe(42);
  });

  it("calls whatever parse throws invalid_payload, and never retries it", async () => {
    const definition = defineJob({
      type: "count",
      steps,
      parse: () => {
        throw new RangeError("no");
      },
      run: async () => null,
    });
    const refused = expect.objectContaining({ code: "invalid_payload", retryable: false });
    expect(() => definition.check({})).toThrow(JobError);
    await expect(definition.run({} as JobContext, {})).rejects.toEqual(refused);
  });

  it("keeps a code and sentence of parse's own, and does not believe that another try may help", () => {
    const definition = defineJob({
      type: "count",
      steps,
      parse: () => {
        throw new JobError("no_receiver", { message: "받는 사람이 없습니다.", retryable: true });
      },
      run: async () => null,
    });
    expect(() => definition.check({})).toThrow(
      expect.objectContaining({ code: "no_receiver", message: "받는 사람이 없습니다.", retryable: false }),
    );
  });
});
