// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { defineJobProgress } from "../src/element.ts";
import { createClient } from "../src/create-client.ts";
import { FakeEnvironment } from "./fake-environment.ts";
import { bodies, FakeServer } from "./fake-server.ts";

const environment = new FakeEnvironment();
const server = new FakeServer(environment);

beforeAll(() => {
  const client = createClient({ getToken: () => null, environment, fetch: server.fetch, transport: "poll" });
  defineJobProgress(client);
  defineJobProgress(client); // again, as two scripts of one page do
});
afterEach(() => {
  document.body.innerHTML = "";
});

function place(html: string): HTMLElement {
  document.body.innerHTML = html;
  return document.body.firstElementChild as HTMLElement;
}

const bar = (element: HTMLElement) => element.shadowRoot?.querySelector("[part=bar]");

describe("<job-progress>", () => {
  it("shows its job to those who see and to those who hear, and tells the page", async () => {
    server.snapshots.set("video:1", bodies.running(2, 42));
    const element = place('<job-progress video="1" label="a.mp4"></job-progress>');
    const told: unknown[] = [];
    document.body.addEventListener("job-change", (event) => told.push((event as CustomEvent).detail.percent));
    expect(bar(element)?.hasAttribute("aria-valuenow")).toBe(false);
    await environment.advance(0);
    expect([bar(element)?.getAttribute("aria-valuenow"), bar(element)?.getAttribute("aria-label")]).toEqual([
      "42",
      "a.mp4",
    ]);
    expect(element.getAttribute("status")).toBe("PROCESSING");
    expect(element.shadowRoot?.querySelector("[part=text]")?.textContent).toBe("42%");
    expect(told).toContain(42);
  });

  it("watches another job when its attribute changes, and none when it is taken off the page", async () => {
    server.snapshots.set("job:a", bodies.running(1, 10));
    server.snapshots.set("job:b", bodies.running(1, 20));
    const element = place('<job-progress job="a"></job-progress>');
    await environment.advance(0);
    element.setAttribute("job", "b");
    await environment.advance(0);
    expect(bar(element)?.getAttribute("aria-valuenow")).toBe("20");
    expect(server.polls.at(-1)?.path).toBe("/api/v1/progress/?jobs=b");
    element.remove();
    expect(environment.openTimers).toBe(0);
  });

  it("moves its fill from one update to the next, and leaves nothing moving behind", async () => {
    server.snapshots.set("job:m", bodies.running(1, 30));
    const element = place('<job-progress job="m"></job-progress>');
    const fill = element.shadowRoot?.querySelector<HTMLElement>("[part=fill]");
    const begun = vi.fn(
      () => ({ startTime: 0, cancel: ended, finished: Promise.resolve() }) as unknown as Animation,
    );
    const ended = vi.fn();
    if (fill) fill.animate = begun;
    await environment.advance(0);
    expect(fill?.style.width).toBe("30%");
    server.snapshots.set("job:m", bodies.running(2, 35));
    await environment.advance(3_000);
    expect(begun.mock.calls.length).toBeGreaterThanOrEqual(2);
    element.remove();
    expect(ended).toHaveBeenCalledTimes(begun.mock.calls.length);
  });

  it("says what an import of words cannot: text of the server is never read as HTML", async () => {
    server.snapshots.set("job:x", {
      attempt: 1,
      version: 2_147_483_647,
      status: "FAILED",
      error_code: "e",
      error_message: "<img src=x onerror=alert(1)>",
    });
    const element = place('<job-progress job="x"></job-progress>');
    await environment.advance(0);
    expect(element.shadowRoot?.querySelector("img")).toBeNull();
    expect(element.shadowRoot?.querySelector("[part=text]")?.textContent).toContain("<img");
  });
});
