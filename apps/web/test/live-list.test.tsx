// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createClient, type StatusplaneClient, type WatchedJob } from "@statusplane/client";
import { StatusplaneProvider } from "@statusplane/client/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HiddenJobs, markOf } from "../src/live/hidden-jobs.ts";
import { LiveList } from "../src/live/live-list.tsx";
import type { TrayItem } from "../src/live/tray.ts";
import type { TrayState } from "../src/live/use-tray.ts";
import { setLanguage } from "../src/text/index.ts";
import { aJob } from "./watched-jobs.ts";

let client: StatusplaneClient;
let hidden: HiddenJobs;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  localStorage.clear();
  setLanguage("en");
  hidden = new HiddenJobs("1");
  client = createClient({ getToken: () => null, fetch: () => new Promise(() => undefined) });
});
afterEach(() => {
  cleanup();
  client.close();
  vi.unstubAllGlobals();
});

const job = (id: string, status: WatchedJob["status"], members: Partial<WatchedJob> = {}): WatchedJob =>
  aJob({ ref: { kind: "video", id }, title: `Lecture ${id}`, status, ...members });
const item = (group: TrayItem["group"], of: WatchedJob, isFilling = false): TrayItem => ({
  ...{ key: of.ref.id, group },
  content: { job: of, isFilling },
});

function show(items: readonly TrayItem[], members: Partial<TrayState> = {}): void {
  const jobs = items.flatMap(({ content }) => ("job" in content ? [content.job] : []));
  const tray = { items, jobs, more: 0, waiting: {}, isLoading: false, noteFilled: () => undefined };
  render(
    <StatusplaneProvider client={client}>
      <LiveList tray={{ ...tray, ...members }} hidden={hidden} onPlay={() => undefined} />
    </StatusplaneProvider>,
  );
}

const headings = (): readonly (string | null)[] =>
  screen.getAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent);

test("each group has a heading that says how many it holds; those that wait say how many are before them", () => {
  const waiting = ["2", "3", "4"].map((id) => job(id, "PENDING"));
  show([
    item("uploading", job("9", "PENDING")),
    item("running", job("1", "PROCESSING")),
    ...waiting.map((each) => item("queued", each)),
    item("attention", job("5", "FAILED")),
    item("finished", job("6", "READY")),
  ]);
  expect(headings()).toEqual(["Uploading 1 Running 1", "Queued 3", "Needs attention 1", "Finished 1"]);
  expect(["1 before it", "2 before it"].map((words) => screen.getAllByText(words).length)).toEqual([1, 1]);
});

test("who sees only a part of the queue is told of no place in it", () => {
  show([item("queued", job("2", "PENDING")), item("queued", job("3", "PENDING"))], { more: 1 });
  expect(screen.queryByText(/before it/)).toBeNull();
});

test("what is finished is taken off at once; what needs attention stays until it is looked at", () => {
  const [done, cancelled, failed] = [job("1", "READY"), job("2", "CANCELLED"), job("3", "FAILED")];
  show([item("attention", failed), item("finished", done), item("finished", cancelled)]);
  fireEvent.click(screen.getByRole("button", { name: "Hide finished" }));
  expect([done, cancelled, failed].map((each) => hidden.marks.get().has(markOf(each)))).toEqual([
    true,
    true,
    false,
  ]);
});

test("a video can be played while its bar is still on its way to the end", () => {
  show([item("running", job("1", "READY", { percent: 100 }), true)]);
  expect(screen.getAllByRole("progressbar")).toHaveLength(1);
  expect(screen.getAllByRole("button").map((button) => button.getAttribute("aria-label"))).toEqual([
    "Play Lecture 1",
  ]);
});

test("an ended job's line opens to what it has brought", () => {
  const result = { pages: 3 };
  show([item("finished", aJob({ ref: { kind: "job", id: "1" }, jobType: "scan", status: "DONE", result }))]);
  expect(screen.queryByText("pages")).toBeNull();
  fireEvent.click(screen.getByRole("button", { expanded: false }));
  expect(screen.getByText("pages").nextSibling?.textContent).toBe("3");
});
