/**
 * Notes, in every page from its start on, which seconds of a video were really shown: by the frames that the browser says
 * it has presented, not by what the player's events say.
 */
export function noteShownFrames(): void {
  /** Frames that are further apart are two pieces, seconds of the video. */
  const GAP_SECONDS = 0.35;
  const pieces: [from: number, to: number][] = [];
  (globalThis as unknown as { shownPieces: typeof pieces }).shownPieces = pieces;
  const follow = (video: HTMLVideoElement): void => {
    const note = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      const last = pieces.at(-1);
      if (last !== undefined && mediaTime >= last[1] && mediaTime - last[1] <= GAP_SECONDS)
        last[1] = mediaTime;
      else pieces.push([mediaTime, mediaTime]);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  };
  const known = new WeakSet<HTMLVideoElement>();
  setInterval(() => {
    const video = document.querySelector("video");
    if (video === null || known.has(video)) return;
    known.add(video);
    follow(video);
  }, 50);
}

/** Pieces of a video → how many tenths of each second were shown, by seconds. */
export function shownTenths(pieces: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  const tenths = new Set<number>();
  for (const [from, to] of pieces)
    for (let at = Math.round(from * 10); at < Math.round(to * 10); at++) tenths.add(at);
  const bySecond = new Map<number, number>();
  for (const tenth of tenths)
    bySecond.set(Math.floor(tenth / 10), (bySecond.get(Math.floor(tenth / 10)) ?? 0) + 1);
  return bySecond;
}
