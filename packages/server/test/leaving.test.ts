import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestServer, signedIn, type TestServer } from "./fakes/index.ts";

describe("a server that leaves", () => {
  let leaving: AbortController;
  let test: TestServer;
  beforeEach(async () => {
    leaving = new AbortController();
    test = await openTestServer({ leaving: leaving.signal });
  });
  afterEach(() => test.close());

  const poll = async () =>
    test.server.inject({ url: "/api/v1/progress/?active=1", headers: await signedIn(1) });

  it("keeps its connections before", async () => {
    const answer = await poll();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toMatchObject({ connection: "close" });
  });

  it("answers as before, and each answer ends its connection", async () => {
    leaving.abort();
    const answer = await poll();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ connection: "close" });
  });
});
