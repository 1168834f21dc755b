import { defineJob } from "@statusplane/worker";
import pino from "pino";
import { describe, expect, it, vi } from "vitest";
import { prepareJobs } from "../../src/program/prepare-jobs.ts";

const jobThat = (prepare: () => unknown) =>
  defineJob({ type: "copy", steps: [], run: async () => ({}), prepare: prepare as () => Promise<void> });

describe("what a job type prepares", () => {
  it.each<[string, () => unknown]>([
    ["rejects", () => Promise.reject(new Error("no licence"))],
    [
      "throws",
      () => {
        throw new Error("no licence");
      },
    ],
  ])("fails alone when it %s, and is told by its name", async (_how, prepare) => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
    const next = vi.fn(async () => undefined);
    prepareJobs({ jobs: [jobThat(prepare), jobThat(next)], log, ask: null });
    await vi.waitFor(() => expect(lines.join("")).toMatch(/no licence.*copy was not prepared/));
    expect(next).toHaveBeenCalledOnce();
  });

  it("may be nothing that is waited for", () => {
    expect(() =>
      prepareJobs({ jobs: [jobThat(() => undefined)], log: pino({ enabled: false }), ask: null }),
    ).not.toThrow();
  });
});
