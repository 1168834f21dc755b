// @vitest-environment happy-dom
/// <reference types="vite/client" />
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { createClient, type StatusplaneClient } from "@statusplane/client";
import { StatusplaneProvider, useJob } from "@statusplane/client/react";
import { jobRef, readForeignValue } from "@statusplane/core";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { JobCard } from "../src/live/job-card.tsx";

let client: StatusplaneClient;
let answer: string;
let asked: string[];

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  asked = [];
  client = createClient({
    getToken: () => "token",
    fetch: async (url) => {
      asked.push(url);
      return new Response(`{"videos":{"42":${answer}},"jobs":{},"missing":{"videos":[],"jobs":[]}}`);
    },
  });
});
afterEach(() => {
  cleanup();
  client.close();
  vi.unstubAllGlobals();
});

const hide = expect.stringMatching(/off the list|숨기기|지우기|hide/i);
const nothing = (): void => undefined;

function Card(): ReactNode {
  const { snapshot: job } = useJob({ kind: "video", id: "42" });
  if (job === undefined) return null;
  return (
    <div data-status={job.status}>
      <JobCard job={job} waiting={{}} onPlay={nothing} onDismiss={nothing} />
    </div>
  );
}

/** What the server makes of the plain value that an old worker writes. */
function written(value: Readonly<Record<string, unknown>>): string {
  const read = readForeignValue(jobRef("7", "video", "42"), JSON.stringify(value), null);
  if (read === null) throw new Error("not understood");
  return read.text;
}

async function buttonsOf(value: string): Promise<readonly (string | null)[]> {
  answer = value;
  const { container } = render(
    <StatusplaneProvider client={client}>
      <Card />
    </StatusplaneProvider>,
  );
  await waitFor(() => expect(container.querySelector("[data-status=UNKNOWN]")).toBeNull());
  await act(async () => {});
  return screen.queryAllByRole("button").map((button) => button.getAttribute("aria-label"));
}

describe("another program's job", () => {
  test.each([
    ["PROCESSING", []],
    ["READY", [hide]],
    ["FAILED", [hide]],
  ])("%s has no button for what needs a record, and nobody asks for one", async (status, buttons) => {
    expect(await buttonsOf(written({ status }))).toEqual(buttons);
    expect(asked.filter((url) => !/progress|events|job-types/.test(url))).toEqual([]);
  });

  test("has them when a record stands behind it", async () => {
    const value = written({ status: "PROCESSING" }).replace(`"record":false`, `"attempt":1`);
    expect(await buttonsOf(value)).toEqual([expect.stringMatching(/취소|cancel/i)]);
  });
});
