// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { textStorage, type TextStorage } from "../src/browser/text-storage.ts";
import { HiddenJobs, markOf } from "../src/live/hidden-jobs.ts";
import type { Page } from "@statusplane/client";
import { PagedList } from "../src/pages/paged-list.ts";

const video = (id: string) => ({ kind: "video", id }) as const;

/** Lets every promise go on that waits for nothing else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("what was taken off the tray", () => {
  const ended = (id: string, attempt = 1) => ({ ref: video(id), attempt });
  let storage: TextStorage;
  beforeEach(() => {
    localStorage.clear();
    storage = textStorage(() => localStorage);
  });
  const isHidden = (jobs: HiddenJobs, job: Parameters<typeof markOf>[0]): boolean =>
    jobs.marks.get().has(markOf(job));

  test("stays off after a reload, by tenant, until it runs again or somebody signs out", () => {
    new HiddenJobs("1", storage).hide([ended("a")]);
    const again = new HiddenJobs("1", storage);
    expect([isHidden(again, ended("a")), isHidden(again, ended("a", 2))]).toEqual([true, false]);
    expect(isHidden(new HiddenJobs("2", storage), ended("a"))).toBe(false);
    again.forgetAll();
    expect([isHidden(again, ended("a")), localStorage.length]).toEqual([false, 0]);
  });

  test("is the newest 200", () => {
    const jobs = new HiddenJobs("1", storage);
    for (let i = 0; i <= 200; i += 1) jobs.hide([ended(String(i))]);
    expect(["0", "1", "200"].map((id) => isHidden(jobs, ended(id)))).toEqual([false, true, true]);
  });

  test.each(["{", "1", '{"a":1}'])("is nothing when the stored text is not ours: %s", (text) => {
    storage.set("statusplane.hidden.1", text);
    expect(new HiddenJobs("1", storage).marks.get().size).toBe(0);
  });
});

describe("a text that a browser refuses to store", () => {
  test("is kept in memory", () => {
    const refused = textStorage(() => {
      throw new DOMException("refused", "SecurityError");
    });
    refused.set("a", "1");
    expect(refused.get("a")).toBe("1");
    refused.remove("a");
    expect(refused.get("a")).toBeNull();
  });
});

describe("a list in pages", () => {
  interface Question {
    readonly cursor: string | null;
    readonly answer: (page: Page<string>) => void;
    readonly refuse: (error: Error) => void;
  }

  function open(): { readonly list: PagedList<string>; readonly questions: Question[] } {
    const questions: Question[] = [];
    const list = new PagedList<string>(
      (cursor) =>
        new Promise((answer, refuse) => {
          questions.push({ cursor, answer, refuse });
        }),
    );
    return { list, questions };
  }

  test("adds each page to the ones before, and ends without a cursor", async () => {
    const { list, questions } = open();
    list.reload();
    questions[0]?.answer({ items: ["a"], nextCursor: "c1" });
    await vi.waitFor(() => expect(list.state.get().isLoading).toBe(false));
    list.more();
    list.more(); // one question at a time
    expect(questions.map(({ cursor }) => cursor)).toEqual([null, "c1"]);
    questions[1]?.answer({ items: ["b"], nextCursor: null });
    await vi.waitFor(() => expect(list.state.get()).toMatchObject({ items: ["a", "b"], isLoading: false }));
    list.more();
    expect(questions).toHaveLength(2);
  });

  test("drops an answer that a newer question has overtaken", async () => {
    const { list, questions } = open();
    list.reload();
    list.reload();
    questions[1]?.answer({ items: ["new"], nextCursor: null });
    questions[0]?.answer({ items: ["old"], nextCursor: null });
    await vi.waitFor(() => expect(list.state.get().isLoading).toBe(false));
    expect(list.state.get().items).toEqual(["new"]);
  });

  test("keeps what it has when a read fails, and can go on from there", async () => {
    const { list, questions } = open();
    list.reload();
    questions[0]?.answer({ items: ["a"], nextCursor: "c1" });
    await vi.waitFor(() => expect(list.state.get().isLoading).toBe(false));
    list.more();
    const error = new Error("503");
    questions[1]?.refuse(error);
    await vi.waitFor(() => expect(list.state.get().failure).toEqual({ error }));
    expect(list.state.get()).toMatchObject({ items: ["a"], nextCursor: "c1", isLoading: false });
  });

  test("says nothing after its close", async () => {
    const { list, questions } = open();
    list.reload();
    list.close();
    const listener = vi.fn<() => void>();
    list.state.subscribe(listener);
    questions[0]?.answer({ items: ["late"], nextCursor: null });
    await settled();
    expect([listener.mock.calls.length, list.state.get().items]).toEqual([0, []]);
  });
});
