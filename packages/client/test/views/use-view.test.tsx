// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { useRef, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useReportedMedia, useView } from "../../src/react/index.ts";
import { createViewReporter } from "../../src/views/view-reporter.ts";
import { viewsEnvironment } from "../../src/views/views-environment.ts";
import { FakeViewServer } from "./fake-view-server.ts";

// React draws when it likes, as in a page: what it shows is waited for.
beforeEach(() => vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("shows what was watched, reports what is played while it is there, and lets go of it", async () => {
  const server = new FakeViewServer();
  const environment = { ...viewsEnvironment(), tabs: null, texts: null };
  const reporter = createViewReporter({
    ...{ getToken: () => "t", viewer: "1.s1", fetch: server.fetch, environment },
  });
  function Player({ videoId }: { readonly videoId: string }): ReactNode {
    const media = useRef<HTMLVideoElement>(null);
    useReportedMedia(reporter, media, { videoId });
    const { view, error } = useView(reporter, videoId);
    return (
      <>
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody hears it */}
        <video ref={media} />
        <p>{error === null ? (view?.watchedSeconds ?? "…") : "failed"}</p>
      </>
    );
  }
  const { container, rerender, unmount } = render(<Player videoId="1" />);
  expect(container.textContent).toBe("…");
  const shows = (text: string): Promise<void> => vi.waitFor(() => expect(container.textContent).toBe(text));
  await shows("0");
  server.status = 500;
  rerender(<Player videoId="2" />);
  await shows("failed");
  server.status = 200;
  const video = container.querySelector("video");
  Object.defineProperties(video, { paused: { value: false }, readyState: { value: 4 } });
  video?.dispatchEvent(new Event("play"));
  await vi.waitFor(() => expect(server.posts.at(-1)?.reports).toMatchObject([{ video: "2", ranges: [] }]));
  unmount();
  await vi.waitFor(() => expect(server.posts.at(-1)?.reports).toMatchObject([{ video: "2", left: true }]));
  const posts = server.posts.length;
  video?.dispatchEvent(new Event("pause"));
  await reporter.flush();
  expect(server.posts).toHaveLength(posts);
  reporter.close();
});
