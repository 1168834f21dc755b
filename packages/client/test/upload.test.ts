import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settle } from "./fake-environment.ts";
import { setUp, video } from "./setup.ts";

/** The part of XMLHttpRequest that an upload uses, moved by hand. */
class FakeXhr {
  static readonly made: FakeXhr[] = [];
  readonly upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null } = {
    onprogress: null,
  };
  readonly headers: Record<string, string> = {};
  readonly answerHeaders: Record<string, string> = {};
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = "";
  opened: readonly string[] = [];
  sent: unknown;

  constructor() {
    FakeXhr.made.push(this);
  }

  open(method: string, url: string): void {
    this.opened = [method, url];
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  getResponseHeader(name: string): string | null {
    return this.answerHeaders[name] ?? null;
  }

  send(body: unknown): void {
    this.sent = body;
  }

  abort(): void {
    this.onabort?.();
  }

  answer(status: number, body: unknown): void {
    this.status = status;
    this.responseText = typeof body === "string" ? body : JSON.stringify(body);
    this.onload?.();
  }
}

const file = () => new File(["bytes"], "1.mp4");

async function begin(signal?: AbortSignal) {
  const setup = setUp({ baseUrl: "https://status.example" });
  const fractions: number[] = [];
  const submit = setup.client.submitVideo(file(), {
    onUploadProgress: (fraction) => fractions.push(fraction),
    ...(signal === undefined ? null : { signal }),
  });
  const outcome = submit.then(
    (submitted) => submitted,
    (error: unknown) => error,
  );
  await settle();
  return { ...setup, fractions, outcome, xhr: FakeXhr.made[0] };
}

beforeEach(() => {
  FakeXhr.made.length = 0;
  vi.stubGlobal("XMLHttpRequest", FakeXhr);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("an upload whose progress is watched", () => {
  it("tells how much is sent, and answers like any submit", async () => {
    const { xhr, fractions, outcome, client, server } = await begin();
    expect(xhr?.opened).toEqual(["POST", "https://status.example/media/videos/"]);
    expect(xhr?.headers).toMatchObject({ Authorization: "Bearer token-of-7", "Accept-Language": "en" });
    expect(xhr?.headers["Idempotency-Key"]).toMatch(/^[0-9a-f-]{36}$/);
    const form = xhr?.sent as FormData;
    expect(form.get("title")).toBe("1.mp4");
    xhr?.upload.onprogress?.({ loaded: 25, total: 100 });
    xhr?.upload.onprogress?.({ loaded: 100, total: 100 });
    xhr?.answer(202, { id: 42, status: "PENDING", attempt: 1, version: 0 });
    expect(await outcome).toMatchObject({ ref: video("42"), attempt: 1 });
    expect(fractions).toEqual([0.25, 1]);
    expect(client.get(video("42"))?.status).toBe("PENDING");
    expect(server.requests).toEqual([]);
  });

  it("rejects with the problem that the server tells", async () => {
    const { xhr, outcome } = await begin();
    if (xhr !== undefined) xhr.answerHeaders["Retry-After"] = "3";
    xhr?.answer(429, { code: "rate_limited", detail: "천천히" });
    expect(await outcome).toMatchObject({
      status: 429,
      code: "rate_limited",
      detail: "천천히",
      retryAfterMs: 3_000,
    });
  });

  it("rejects an answer that is no JSON", async () => {
    const { xhr, outcome } = await begin();
    xhr?.answer(200, "<html>");
    expect(await outcome).toMatchObject({ code: "unexpected_answer" });
  });

  it("rejects when the network fails", async () => {
    const { xhr, outcome } = await begin();
    xhr?.onerror?.();
    expect(await outcome).toMatchObject({ status: 0, code: "network_error" });
  });

  it("is aborted by its signal, with the signal's reason", async () => {
    const abort = new AbortController();
    const { outcome } = await begin(abort.signal);
    abort.abort(new Error("changed my mind"));
    expect(await outcome).toEqual(new Error("changed my mind"));
  });

  it("is aborted when the client closes", async () => {
    const { outcome, client } = await begin();
    client.close();
    expect(await outcome).toMatchObject({ code: "client_closed" });
  });

  it("is told as sent at the end where there is no XMLHttpRequest", async () => {
    vi.unstubAllGlobals();
    const { client, server } = setUp();
    const fractions: number[] = [];
    server.handler = () => ({ status: 202, body: { id: "v", status: "PENDING", attempt: 1, version: 0 } });
    await client.submitVideo(file(), { onUploadProgress: (fraction) => fractions.push(fraction) });
    expect(fractions).toEqual([1]);
  });
});
