// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { textStorage, type TextStorage } from "../src/browser/text-storage.ts";
import { JobTitles } from "../src/job/job-titles.ts";
import { TrackedJobs } from "../src/live/tracked-jobs.ts";
import type { Page } from "@statusplane/client";
import { PagedList } from "../src/pages/paged-list.ts";

const video = (id: string) => ({ kind: "video", id }) as const;
const minted = (ms: number): string => {
  const hex = ms.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8000-000000000000`;
};

/** Lets every promise go on that waits for nothing else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("what this page shows", () => {
  test("own jobs come first, found ones below, the newest first", () => {
    const tracked = new TrackedJobs();
    const [older, newer] = [video(minted(1_000_000)), video(minted(2_000_000))];
    tracked.found([older, newer]);
    tracked.add(video("mine"));
    expect(tracked.refs.get()).toEqual([video("mine"), newer, older]);
  });

  test("what was taken off stays off when it is found again, but not when it is submitted or retried", () => {
    const tracked = new TrackedJobs();
    tracked.add(video("1"));
    tracked.dismiss(video("1"));
    tracked.found([video("1")]);
    expect(tracked.refs.get()).toEqual([]);
    tracked.add(video("1"));
    tracked.add(video("1"));
    expect(tracked.refs.get()).toEqual([video("1")]);
  });

  test("what is found again tells nobody", () => {
    const tracked = new TrackedJobs();
    tracked.found([video("1")]);
    const listener = vi.fn<() => void>();
    tracked.refs.subscribe(listener);
    tracked.found([video("1")]);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe("names of jobs", () => {
  let storage: TextStorage;
  beforeEach(() => {
    localStorage.clear();
    storage = textStorage(() => localStorage);
  });

  test("outlive the page, by tenant, and are forgotten at sign-out", () => {
    new JobTitles("1", storage).remember(video("a"), "1강");
    expect(new JobTitles("1", storage).get(video("a"))).toBe("1강");
    expect(new JobTitles("1", storage).get({ kind: "job", id: "a" })).toBeNull();
    expect(new JobTitles("2", storage).get(video("a"))).toBeNull();
    new JobTitles("1", storage).forgetAll();
    expect(localStorage).toHaveLength(0);
  });

  test("are the newest 200", () => {
    const titles = new JobTitles("1", storage);
    for (let i = 0; i <= 200; i += 1) titles.remember(video(String(i)), `t${i}`);
    expect([titles.get(video("0")), titles.get(video("1")), titles.get(video("200"))]).toEqual([
      null,
      "t1",
      "t200",
    ]);
  });

  test("are nothing when the stored text is not ours", () => {
    storage.set("statusplane.titles.1", "{");
    expect(new JobTitles("1", storage).get(video("a"))).toBeNull();
    storage.set("statusplane.titles.1", '[1,["video:a"],["video:b","B"]]');
    expect(new JobTitles("1", storage).get(video("b"))).toBe("B");
  });

  test("are kept in memory where the browser refuses storage", () => {
    const refused = textStorage(() => {
      throw new DOMException("refused", "SecurityError");
    });
    const titles = new JobTitles("1", refused);
    titles.remember(video("a"), "1강");
    expect(titles.get(video("a"))).toBe("1강");
    titles.forgetAll();
    expect(titles.get(video("a"))).toBeNull();
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
