import type { MediaMoment } from "./recorder.ts";

/** At each of these a media element is looked at. */
const EVENTS = [
  ...["play", "playing", "pause", "ended", "waiting", "timeupdate"],
  ...["seeking", "seeked", "emptied", "loadedmetadata", "ratechange", "volumechange"],
];
/** Its position was set. */
const SEEKS: ReadonlySet<string> = new Set(["seeking", "emptied"]);
/** From `readyState` 3 on there is data to go on with. */
const HAVE_FUTURE_DATA = 3;

/** What a moment needs beside the element. */
export interface MomentSource {
  /** Monotonic ms. */
  now(): number;
  isVisible(): boolean;
}

/** How a media element stands now. @param event by which it is looked at; none: by a clock. */
export function momentOf(media: HTMLMediaElement, source: MomentSource, event = ""): MediaMoment {
  const { currentTime, playbackRate, duration, paused, ended, seeking, muted, volume, readyState } = media;
  return {
    atMs: source.now(),
    positionSeconds: currentTime,
    rate: playbackRate,
    isRunning: !paused && !ended && !seeking,
    isStalled: readyState < HAVE_FUTURE_DATA,
    isSeek: seeking || SEEKS.has(event),
    isMuted: muted || volume === 0,
    isHidden: !source.isVisible(),
    lengthSeconds: Number.isFinite(duration) && duration > 0 ? duration : null,
  };
}

/** Calls back at each event that may change what a media element does; the answer ends that. */
export function onMoments(media: HTMLMediaElement, listener: (event: string) => void): () => void {
  const tell = ({ type }: Event): void => listener(type);
  for (const name of EVENTS) media.addEventListener(name, tell);
  return () => {
    for (const name of EVENTS) media.removeEventListener(name, tell);
  };
}
