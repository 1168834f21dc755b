// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { act, cleanup, render, screen } from "@testing-library/react";
import { createClient, type StatusplaneClient } from "@statusplane/client";
import { StatusplaneProvider } from "@statusplane/client/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionBanner } from "../src/app/connection-banner.tsx";

const NOTHING = `{"videos":{},"jobs":{},"missing":{"videos":[],"jobs":[]},"live":{"videos":[],"jobs":[]},"ended":{"videos":{},"jobs":{}},"more":0,"waiting":{}}`;

let client: StatusplaneClient;
let answers: boolean;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  client = createClient({
    getToken: () => "token",
    fetch: async () => {
      if (!answers) throw new TypeError("nobody answers");
      return new Response(NOTHING);
    },
    onError: () => undefined,
  });
});
afterEach(() => {
  cleanup();
  client.close();
  vi.unstubAllGlobals();
});

test.each([
  ["is said while the server does not answer", false, "offline", 1],
  ["is not said of a server that does", true, "polling", 0],
])("a lost connection %s", async (_, doesAnswer, status, alerts) => {
  answers = doesAnswer;
  render(
    <StatusplaneProvider client={client}>
      <ConnectionBanner />
    </StatusplaneProvider>,
  );
  expect([client.connectionStatus, screen.queryAllByRole("alert").length]).toEqual(["connecting", 0]);
  await act(async () => {
    client.watchActive();
    await vi.waitFor(() => expect(client.connectionStatus).toBe(status), 10_000);
  });
  expect(screen.queryAllByRole("alert")).toHaveLength(alerts);
});
