import { JobError, StatusplaneError } from "@statusplane/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { settle } from "../fakes/fake-clock.ts";
import { openWorker, type SetUpOptions, type WorkerSetUp } from "../fakes/open-worker.ts";

/** One try that ends with the error, and what was said of it. */
async function failing(error: unknown, maxTries: number): Promise<WorkerSetUp> {
  const setUp = await openWorker();
  await setUp.submit("a", { maxTries });
  setUp.job().fail(error);
  await settle();
  return setUp;
}
const said = ({ lines }: WorkerSetUp) => lines.filter(({ level }) => level !== "info");

describe("a failed try is one line", () => {
  it("with job type, id, attempt, code and its cause's words, and no stack where the job said it", async () => {
    const cause = new Error("no paper\nmore of the printer");
    const lines = said(await failing(new JobError("print_failed", { retryable: true, cause }), 3));
    expect(lines).toEqual([
      {
        level: "warn",
        message: "count a attempt 1 failed: print_failed; try 1 of 3, next in 2 s",
        fields: {
          ...{ tenant: "7", kind: "job", id: "a", jobType: "count", attempt: 1 },
          ...{ code: "print_failed", cause: "no paper", try: 1, maxTries: 3 },
        },
      },
    ]);
  });

  it.each<[string, unknown, number, string]>([
    [
      "no try is left",
      new JobError("print_failed", { retryable: true }),
      1,
      "print_failed; failed for good at try 1 of 1",
    ],
    [
      "another would fail alike",
      new JobError("page_encrypted"),
      3,
      "page_encrypted; failed for good at try 1 of 3",
    ],
    [
      "a payload was refused",
      new JobError("invalid_payload"),
      3,
      "invalid_payload; failed for good at try 1 of 3",
    ],
  ])("that says for good where %s", async (_what, error, maxTries, end) => {
    expect(said(await failing(error, maxTries)).map(({ message }) => message)).toEqual([
      `count a attempt 1 failed: ${end}`,
    ]);
  });

  it.each<[string, unknown, string]>([
    [
      "a store's own error",
      new StatusplaneError("database_unavailable", { cause: new Error("57P01") }),
      "database_unavailable",
    ],
    [
      "a full disk",
      Object.assign(new Error("ENOSPC: no space left, write"), { code: "ENOSPC" }),
      "storage_full",
    ],
  ])("without a stack for %s", async (_what, error, code) => {
    const [line, ...more] = said(await failing(error, 3));
    expect(more).toEqual([]);
    expect(line).toMatchObject({ level: "warn", fields: { code } });
    expect(line?.fields).not.toHaveProperty("err");
  });

  it("of level error and with its stack where nobody foresaw it", async () => {
    const error = new TypeError("x is not a function");
    expect(said(await failing(error, 3))).toMatchObject([
      {
        level: "error",
        fields: { err: error, code: "internal_error" },
        message: expect.stringMatching(/^count a attempt 1 failed: internal_error;/),
      },
    ]);
  });

  it("and none where the job was cancelled or handed back", async () => {
    const setUp = await openWorker();
    await setUp.submit("a");
    setUp.job().ctx.signal.addEventListener("abort", () => setUp.job().fail(new Error("aborted")));
    const stopped = setUp.worker.stop();
    await settle();
    await stopped;
    expect(said(setUp)).toEqual([]);
  });
});

describe("without a log", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("failures are said on stderr, a line each, and nothing else is", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const options: SetUpOptions = { log: false };
    const { submit, job } = await openWorker(options);
    await submit("a", { maxTries: 1 });
    job().fail(new JobError("print_failed"));
    await settle();
    await submit("b");
    job().end(null);
    await settle();
    expect(told.mock.calls.flat()).toEqual([
      expect.stringMatching(
        /^\d{4}-\S+Z warn count a attempt 1 failed: print_failed; failed for good at try 1 of 1 .*code="print_failed"/,
      ),
    ]);
    await submit("c", { maxTries: 1 });
    job().fail(new TypeError("x is not a function"));
    await settle();
    expect(String(told.mock.calls.at(-1)?.[0])).toMatch(
      / error count c .*\nTypeError: x is not a function\n +at /,
    );
  });
});
