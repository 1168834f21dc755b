import { Hls } from "hls.js/light";
import { playOn, type Engine, type EngineEvents, type LoadOptions } from "./engine.ts";

const FORBIDDEN = 403;

/** Whether this browser can play through Media Source Extensions. */
export function canPlayByHls(): boolean {
  return Hls.isSupported();
}

/** hls.js: a new instance per address, for the signature is part of every segment's. */
export function hlsEngine(video: HTMLVideoElement, events: EngineEvents): Engine {
  let hls: Hls | null = null;

  const open = ({ url, atSeconds, shouldPlay }: LoadOptions): Hls => {
    const opened = new Hls({ startPosition: atSeconds });
    opened.on(Hls.Events.MANIFEST_PARSED, (_event, { levels }) => {
      const qualities = levels.map(({ width, height }, index) => ({
        index,
        name: `${Math.min(width, height)}p`,
      }));
      events.onQualities(qualities.reverse());
      if (shouldPlay) playOn(video);
    });
    let hasRecovered = false;
    opened.on(Hls.Events.ERROR, (_event, { fatal, response, type }) => {
      if (response?.code === FORBIDDEN) {
        events.onRefused();
      } else if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR && !hasRecovered) {
        hasRecovered = true; // the decoder stumbled: once, it may stand up again
        opened.recoverMediaError();
      } else if (fatal) {
        events.onBroken();
      }
    });
    opened.loadSource(url);
    opened.attachMedia(video);
    return opened;
  };

  return {
    load(options) {
      hls?.destroy();
      hls = open(options);
    },
    choose(index) {
      if (hls !== null) hls.nextLevel = index;
    },
    close() {
      hls?.destroy();
      hls = null;
    },
  };
}
