"use client";

import type { View } from "@statusplane/core/wire";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";
import type { ViewReporter, WatchMediaOptions } from "../views/view-reporter.ts";

/** What {@link useView} answers. */
export interface ViewAsked {
  /** Undefined until the first answer. */
  readonly view: View | undefined;
  /** Why it could not be asked; null: it could, or the answer is still to come. */
  readonly error: unknown;
}

/**
 * What the person has watched of a video, as it grows; asked once when mounted.
 *
 * @example
 * const { view } = useView(reporter, "42");
 * const bar = <progress max={100} value={view?.watchedPercent} />;
 */
export function useView(reporter: ViewReporter, videoId: string): ViewAsked {
  const [failure, setFailure] = useState<{ readonly of: string; readonly error: unknown } | null>(null);
  useEffect(() => {
    let isWanted = true;
    reporter.load(videoId).catch((error: unknown) => isWanted && setFailure({ of: videoId, error }));
    return () => {
      isWanted = false;
    };
  }, [reporter, videoId]);
  const subscribe = useCallback((listener: () => void) => reporter.subscribe(listener), [reporter]);
  const read = (): View | undefined => reporter.get(videoId);
  const view = useSyncExternalStore(subscribe, read, read);
  return { view, error: failure?.of === videoId ? failure.error : null };
}

/**
 * Reports what is played in an element, while it is mounted.
 *
 * @example
 * const media = useRef<HTMLVideoElement>(null);
 * useReportedMedia(reporter, media, { videoId: "42" });
 * const player = <video ref={media} src="/42.mp4" controls />;
 */
export function useReportedMedia(
  reporter: ViewReporter,
  media: RefObject<HTMLMediaElement | null>,
  options: WatchMediaOptions,
): void {
  const newest = useRef(options);
  useEffect(() => {
    newest.current = options;
  });
  const { videoId } = options;
  useEffect(() => {
    const element = media.current;
    if (element === null) return;
    return reporter.watch(element, {
      videoId,
      grant: () => newest.current.grant?.() ?? null,
      onRefused: (reason) => newest.current.onRefused?.(reason),
    });
  }, [reporter, media, videoId]);
}
