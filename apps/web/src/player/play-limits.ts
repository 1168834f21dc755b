import type { View } from "@statusplane/client/views";

/** Which limit was met. */
export type Limit = "speed" | "ahead";

export interface PlayLimitsOptions {
  readonly video: HTMLVideoElement;
  /** What holds now; undefined: nothing is known, and nothing is limited. */
  readonly view: () => View | undefined;
  /** Said to the person. */
  readonly onLimit: (limit: Limit) => void;
}

/** Where nobody may skip, the server lets so many seconds be missing. */
const AHEAD_SECONDS = 3;

/** The end of what was watched: further on nothing counts where nobody may skip. */
export function frontierOf({ seen }: Pick<View, "seen">): number {
  return seen?.at(-1)?.[1] ?? 0;
}

/**
 * Holds a player to its policy: no faster and no further ahead than counts. The server counts by the same rules: this
 * saves people from watching in vain, it keeps nobody from cheating.
 */
export function holdToLimits({ video, view, onLimit }: PlayLimitsOptions): () => void {
  const slowDown = (): void => {
    const fastest = view()?.policy.max_speed;
    if (fastest === undefined || video.playbackRate <= fastest) return;
    video.playbackRate = fastest;
    onLimit("speed");
  };
  const comeBack = (): void => {
    const known = view();
    if (known === undefined || known.policy.seek_ahead) return;
    const frontier = frontierOf(known);
    if (video.currentTime <= frontier + AHEAD_SECONDS) return;
    video.currentTime = frontier;
    onLimit("ahead");
  };
  video.addEventListener("ratechange", slowDown);
  video.addEventListener("seeking", comeBack);
  return () => {
    video.removeEventListener("ratechange", slowDown);
    video.removeEventListener("seeking", comeBack);
  };
}
