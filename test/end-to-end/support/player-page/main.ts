/** A page of nothing but a player whose reporter tells what is watched; a test starts it by `window.playing`. */
import { createViewReporter } from "@statusplane/client/views";

/** The address's fragment, as the test wrote it. */
interface Settings {
  readonly server: string;
  /** Where the page's own server gives tokens out. */
  readonly tokens: string;
  readonly videoId: string;
  readonly viewer: string;
  readonly intervalMs: number;
}

export interface Playing {
  /** Begins to play, and to report; ends when it plays. */
  start(): Promise<void>;
  /** Seconds. */
  readonly position: number;
}

const { server, tokens, videoId, ...options } = JSON.parse(
  decodeURIComponent(location.hash.slice(1)),
) as Settings;
const media = document.querySelector("video") as HTMLVideoElement; // the page has it
const getToken = async (): Promise<string> => (await fetch(tokens)).text();
const reporter = createViewReporter({ baseUrl: server, getToken, ...options });
const playing: Playing = {
  async start() {
    const headers = { authorization: `Bearer ${await getToken()}` };
    const answer = await fetch(`${server}/media/videos/${videoId}/playback/`, { headers });
    if (!answer.ok) throw new Error(`the playback was answered ${answer.status}`);
    const { view_grant: grant } = (await answer.json()) as { readonly view_grant: string };
    await reporter.load(videoId);
    reporter.watch(media, { videoId, grant: () => grant });
    await media.play();
  },
  get position() {
    return media.currentTime;
  },
};
Object.assign(window, { playing });
