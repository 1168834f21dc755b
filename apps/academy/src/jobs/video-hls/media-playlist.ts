import { SEGMENT_SECONDS } from "./scan-packets.ts";

/** A finished media playlist (RFC 8216), as far as ours go. */
export interface MediaPlaylist {
  /** `EXT-X-MAP`: the file that every segment needs. */
  readonly initName: string;
  readonly segments: readonly MediaSegment[];
}

export interface MediaSegment {
  readonly name: string;
  readonly durationSeconds: number;
}

/** Reads a playlist as ffmpeg's HLS muxer writes it; null when it is not a finished one of fMP4 segments. */
export function parseMediaPlaylist(text: string): MediaPlaylist | null {
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (lines[0] !== "#EXTM3U" || lines.at(-1) !== "#EXT-X-ENDLIST") return null;
  let initName: string | undefined;
  let durationSeconds: number | null = null;
  const segments: MediaSegment[] = [];
  for (const line of lines) {
    initName ??= /^#EXT-X-MAP:URI="([^"]+)"$/.exec(line)?.[1];
    const length = /^#EXTINF:(\d+(?:\.\d+)?),/.exec(line)?.[1];
    if (length !== undefined) durationSeconds = Number(length);
    if (line.startsWith("#")) continue;
    if (durationSeconds === null) return null;
    segments.push({ name: line, durationSeconds });
    durationSeconds = null;
  }
  return initName === undefined || segments.length === 0 ? null : { initName, segments };
}

/** Our own, with what the segments hold: ffmpeg's says what it meant to write. */
export function mediaPlaylist({ initName, segments }: MediaPlaylist): string {
  const longest = Math.max(...segments.map(({ durationSeconds }) => durationSeconds));
  return [
    ...["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${Math.ceil(longest)}`],
    ...["#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"],
    `#EXT-X-MAP:URI="${initName}"`,
    ...segments.flatMap(({ name, durationSeconds }) => [`#EXTINF:${durationSeconds.toFixed(6)},`, name]),
    ...["#EXT-X-ENDLIST", ""],
  ].join("\n");
}

/** A rendition as the master playlist describes it. */
export interface MasterEntry {
  readonly playlistName: string;
  readonly width: number;
  readonly height: number;
  /** Peak and average over all segments, bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** RFC 6381, e.g. `avc1.64001f,mp4a.40.2`. */
  readonly codecs: string;
  readonly framesPerSecond: number;
}

/** The master playlist. Ours, not ffmpeg's: that one leaves out copied tracks whose bit rate the source does not say. */
export function masterPlaylist(entries: readonly MasterEntry[]): string {
  const lines = entries.flatMap((entry) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${entry.bandwidth},AVERAGE-BANDWIDTH=${entry.averageBandwidth},` +
      `RESOLUTION=${entry.width}x${entry.height},FRAME-RATE=${entry.framesPerSecond.toFixed(3)},` +
      `CODECS="${entry.codecs}"`,
    entry.playlistName,
  ]);
  return ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ...lines, ""].join("\n");
}

/** Peak and average bit rate of segments with their sizes; a last piece shorter than half a segment makes no peak. */
export function bandwidthOf(
  segments: readonly { readonly durationSeconds: number; readonly bytes: number }[],
): {
  readonly peak: number;
  readonly average: number;
} {
  const seconds = segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const average = seconds > 0 ? Math.ceil((bytes * 8) / seconds) : bytes * 8;
  const whole = segments.filter(({ durationSeconds }) => durationSeconds >= SEGMENT_SECONDS / 2);
  const peak = whole.reduce(
    (max, each) => Math.max(max, Math.ceil((each.bytes * 8) / each.durationSeconds)),
    average,
  );
  return { peak, average };
}
