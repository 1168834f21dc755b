import { playOn, type Engine, type EngineEvents, type LoadOptions } from "./engine.ts";

/** Safari's own player: it tells no reason for an error, so each may be the signature's. */
export function nativeEngine(video: HTMLVideoElement, events: EngineEvents): Engine {
  let beginning: LoadOptions | null = null;
  const begin = (): void => {
    if (beginning === null) return;
    const { atSeconds, shouldPlay } = beginning;
    beginning = null;
    if (atSeconds > 0) video.currentTime = atSeconds;
    if (shouldPlay) playOn(video);
  };
  const refused = (): void => events.onRefused();
  video.addEventListener("loadedmetadata", begin);
  video.addEventListener("error", refused);
  return {
    load(options) {
      beginning = options;
      video.src = options.url;
      video.load();
    },
    choose: () => undefined, // it chooses by itself
    close() {
      video.removeEventListener("loadedmetadata", begin);
      video.removeEventListener("error", refused);
      video.removeAttribute("src");
      video.load(); // gives the connection and the decoder back
    },
  };
}
