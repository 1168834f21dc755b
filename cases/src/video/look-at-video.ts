import type { VideoProgressBody } from "@statusplane/core/wire";
import { BAR_COLORS, BARS, BRIGHT_NITS } from "@statusplane/test-support";
import type { Bench, Seen } from "../case.ts";
import type { Color, Place } from "./in-page.ts";
import type { Played } from "./player.ts";
import { readOutputs, type Rendition } from "./outputs.ts";
import type { VideoTrait } from "./video-case.ts";

const MAX_SYNC_MS = 45;
const NEAR = 6;
/** Twice what a player skips over by itself. */
const MAX_HOLE_SECONDS = 0.2;

interface Detail {
  readonly tries: number;
  readonly error_code: string | null;
  readonly duration: number | null;
  readonly renditions: readonly { readonly width: number; readonly height: number }[];
}

/** Submits the video, and looks at its end, its files, and how it plays. */
export async function lookAtVideo(bench: Bench, path: string, trait: VideoTrait): Promise<Seen> {
  const { api } = bench;
  const title = `[${trait.name}]`;
  const wanted: readonly string[] = [trait.want ?? "READY"].flat();
  const came = (now: string): Seen => ({
    now,
    wrong: wanted.includes(now) ? [] : [`${wanted.join(" or ")} is right`],
  });
  const submitted = await api.submitVideo(path, title).catch((error: unknown) => codeOf(error));
  if (typeof submitted === "string") return came(submitted);
  const ended = await api.ended<VideoProgressBody>(submitted, 240_000);
  const { body: detail } = await api.call<Detail>(submitted.detail_url);
  if (ended.status !== "READY") {
    const code = detail.error_code ?? ended.status;
    const { wrong } = came(code);
    return {
      now: `${code}, ${detail.tries} tries`,
      wrong: detail.tries === 1 ? wrong : [...wrong, "one try is right"],
    };
  }
  const { renditions, posterUrl } = await readOutputs(api, submitted.id ?? "");
  const places = trait.bars === undefined ? [] : barPlaces();
  const player = await bench.player();
  const played = await player.play(title, { sync: trait.sync ?? false, places });
  const poster = places.length > 0 && posterUrl !== null ? await player.imageColors(posterUrl, places) : null;
  const wrong = [
    ...sizeFaults(detail, trait),
    ...lengthFaults(detail, { renditions, played, trait }),
    ...renditions.flatMap(segmentFaults),
    ...played.stalls,
    ...syncFaults(played, trait),
    ...(trait.bars === undefined
      ? []
      : [...barFaults("video", played.colors, trait), ...barFaults("poster", poster, trait)]),
    ...renditions.flatMap(({ name, colors }) =>
      trait.bars !== undefined && colors !== "tv,bt709,bt709,bt709" ? [`${name} is tagged ${colors}`] : [],
    ),
  ];
  const top = detail.renditions.at(-1);
  const sync = played.syncMs === null ? "" : `, sound ${played.syncMs} ms`;
  const now = `READY ${top?.width}×${top?.height} ${played.durationSeconds.toFixed(1)} s${sync}`;
  return { now, wrong: wanted.includes("READY") ? wrong : [`${wanted.join(" or ")} is right`, ...wrong] };
}

function codeOf(error: unknown): string {
  return /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
}

function sizeFaults({ renditions }: Detail, { size }: VideoTrait): string[] {
  const top = renditions.at(-1);
  if (size === undefined || (top?.width === size[0] && top.height === size[1])) return [];
  return [`${size.join("×")} is right, not ${top?.width}×${top?.height}`];
}

/** One length everywhere: what the result says in whole seconds, the playlists, the player. */
function lengthFaults(
  detail: Detail,
  { renditions, played, trait }: { renditions: readonly Rendition[]; played: Played; trait: VideoTrait },
): string[] {
  const said = detail.duration ?? 0;
  const lengths = renditions.map(({ segments }) => segments.reduce((sum, each) => sum + each.saidSeconds, 0));
  const apart = lengths.some((each) => Math.abs(each - played.durationSeconds) > 0.25);
  const isSaid =
    said > 0 &&
    (Math.abs(said - played.durationSeconds) <= 0.55 || (said === 1 && played.durationSeconds < 1));
  return [
    ...(apart ? [`playlists say ${lengths.map((each) => each.toFixed(2)).join(", ")} s`] : []),
    ...(isSaid ? [] : [`the result says ${said} s, the player ${played.durationSeconds.toFixed(2)}`]),
    ...(trait.seconds === undefined || Math.abs(trait.seconds - played.durationSeconds) <= 0.5
      ? []
      : [`${trait.seconds} s is right`]),
  ];
}

/** What the playlist promises, every segment holds: samples of each track, from where the last one ended. */
function segmentFaults({ name, tracks, segments }: Rendition): string[] {
  const faults: string[] = [];
  const ends = new Map<string, number>();
  let at = 0;
  for (const [index, { saidSeconds, times }] of segments.entries()) {
    if (times.length < tracks)
      faults.push(`${name} segment ${index} holds ${times.length} of ${tracks} tracks`);
    for (const { kind, fromSeconds, toSeconds } of times) {
      const end = ends.get(kind) ?? 0;
      if (Math.abs(fromSeconds - end) > MAX_HOLE_SECONDS)
        faults.push(
          `${name} segment ${index}: ${kind} from ${fromSeconds.toFixed(2)} s instead of ${end.toFixed(2)}`,
        );
      ends.set(kind, toSeconds);
    }
    at += saidSeconds;
    const longest = Math.max(...ends.values());
    if (Math.abs(longest - at) > MAX_HOLE_SECONDS * 2)
      faults.push(`${name} segment ${index} ends at ${longest.toFixed(2)} s, not at ${at.toFixed(2)}`);
  }
  return faults.slice(0, 3);
}

function syncFaults({ syncMs }: Played, { sync, sourceSyncMs = 0 }: VideoTrait): string[] {
  if (sync !== true) return [];
  if (syncMs === null) return ["no flash with a beep was met"];
  const lateMs = syncMs - sourceSyncMs;
  return Math.abs(lateMs) <= MAX_SYNC_MS ? [] : [`the sound is ${lateMs} ms late`];
}

function barPlaces(): Place[] {
  return Array.from({ length: BARS }, (_, bar): Place => [(bar + 0.5) / BARS, 0.5]);
}

function barFaults(what: string, colors: readonly Color[] | null, { bars }: VideoTrait): string[] {
  if (colors === null) return [`no ${what}`];
  const far = BAR_COLORS.flatMap((right, index) => {
    const seen = colors[index] ?? [-1, -1, -1];
    return right.some((code, channel) => Math.abs(code - (seen[channel] ?? -1)) > NEAR)
      ? [`${seen.join()} for ${right.join()}`]
      : [];
  });
  const bright = colors.slice(-BRIGHT_NITS.length).map(([red]) => red);
  const isRolledOff = bright.every(
    (red, index) => red >= 255 - NEAR && (index === 0 || red > (bright[index - 1] ?? 0)),
  );
  const rolled = bars === "hdr" && !isRolledOff ? [`203, 406, 1,000 cd/m² are ${bright.join()}`] : [];
  const faults = [...far, ...rolled];
  return faults.length === 0 ? [] : [`${what}: ${faults.join(" and ")}`];
}
