import type { Engine, EngineEvents } from "./engine.ts";
import { canPlayByHls, hlsEngine } from "./hls-engine.ts";
import { nativeEngine } from "./native-engine.ts";

const PLAYLIST = "application/vnd.apple.mpegurl";

/** Safari's own player there, hls.js elsewhere, and the browser's own where hls.js cannot; null: none can. */
export function openEngine(video: HTMLVideoElement, events: EngineEvents): Engine | null {
  const playsNatively = video.canPlayType(PLAYLIST) !== "";
  // Chromium plays HLS too by now, but without a choice of quality and without telling errors apart.
  if (playsNatively && navigator.vendor.startsWith("Apple")) return nativeEngine(video, events);
  if (canPlayByHls()) return hlsEngine(video, events);
  return playsNatively ? nativeEngine(video, events) : null;
}
