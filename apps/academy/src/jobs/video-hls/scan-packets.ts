import { JobError } from "@statusplane/core";
import { SYNC_TOLERANCE_SECONDS } from "./segment-times.ts";
import { createTrackWalk, type Packet, type TrackWalk } from "./track-walk.ts";
import type { VideoSource } from "./video-source.ts";
import { toolFailure, type VideoTools } from "./video-tools.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

const SCAN_SECONDS = 900;
const PACKET_ENTRIES = "packet=stream_index,pts_time,dts_time,duration_time,size,flags";
/** Wanted length of a segment. */
export const SEGMENT_SECONDS = 4;

/** What a walk over the packets of picture and sound tells, without decoding one. Times begin at the file's own start. */
export interface PacketScan {
  readonly picture: PictureWalk;
  /** Null where the source has no sound, or its track nothing to be heard. */
  readonly sound: TrackWalk | null;
}

export interface PictureWalk extends TrackWalk {
  /** Longest time between two keyframes, the start and the end counted; Infinity when the first packet is none. */
  readonly greatestGapSeconds: number;
  /** Where segments of a copied track begin, the first one's start left out. */
  readonly cutSeconds: readonly number[];
}

/** How long it is to be seen or heard, seconds; sound that goes on for no longer than anybody notices does not count. */
export function playedSeconds({ picture, sound }: PacketScan): number {
  const heardSeconds = sound?.endSeconds ?? 0;
  return heardSeconds > picture.endSeconds + SYNC_TOLERANCE_SECONDS ? heardSeconds : picture.endSeconds;
}

/**
 * Reads the packets once: the I/O of reading the file, no decoding.
 * @throws {JobError} video_unreadable, video_too_slow.
 */
export async function scanPackets(tools: VideoTools, source: VideoSource): Promise<PacketScan> {
  const scan = createPacketScan(source);
  const args = [
    ...["-hide_banner", "-v", "error", "-show_entries", `${PACKET_ENTRIES}:packet_side_data=side_data_type`],
    ...["-print_format", "compact=print_section=0"],
    ...tools.input,
  ];
  const end = await tools.run("ffprobe", args, {
    withinSeconds: SCAN_SECONDS,
    onLine: (line) => scan.add(line),
  });
  if (end.exitCode !== 0) {
    const failure = toolFailure("ffprobe", end);
    throw failure.code === VIDEO_ERRORS.encode_failed.code
      ? new JobError(VIDEO_ERRORS.video_unreadable, { cause: failure.cause })
      : failure;
  }
  return scan.result();
}

/** The walk itself, a line of ffprobe at a time. */
export function createPacketScan({
  videoTrack,
  audio,
  startSeconds,
}: Pick<VideoSource, "videoTrack" | "audio" | "startSeconds">): {
  add(line: string): void;
  result(): PacketScan;
} {
  const [picture, sound, keyframes] = [createTrackWalk(), createTrackWalk(), createKeyframeWalk()];
  return {
    add(line) {
      const packet = parsePacket(line, startSeconds);
      if (packet === null) return;
      if (packet.track === audio?.track) sound.add(packet);
      if (packet.track !== videoTrack) return;
      picture.add(packet);
      keyframes.add(packet);
    },
    result() {
      const [seen, heard] = [picture.result(), sound.result()];
      return {
        picture: { ...seen, ...keyframes.result(seen) },
        sound: heard.packets > 0 ? heard : null,
      };
    },
  };
}

/** Segments are cut as ffmpeg's HLS muxer does: at the first keyframe from n × 4 s after the first picture on. */
function createKeyframeWalk() {
  const cutSeconds: number[] = [];
  let greatestGap = 0;
  let firstKeyframe: number | null = null;
  let lastKeyframe: number | null = null;
  return {
    add({ ptsSeconds: at, keyframe, hidden }: Packet): void {
      if (hidden) return;
      if (at === null || (firstKeyframe === null && !keyframe)) greatestGap = Infinity;
      if (at === null || !keyframe) return;
      firstKeyframe ??= at;
      greatestGap = Math.max(greatestGap, at - (lastKeyframe ?? 0));
      lastKeyframe = at;
      if (at - firstKeyframe >= SEGMENT_SECONDS * (cutSeconds.length + 1)) cutSeconds.push(at);
    },
    result({ endSeconds }: TrackWalk) {
      const lastGap = lastKeyframe === null ? Infinity : endSeconds - lastKeyframe;
      return { greatestGapSeconds: Math.max(greatestGap, lastGap), cutSeconds };
    },
  };
}

/**
 * One line: `stream_index=0|pts_time=0.000000|dts_time=0.000000|duration_time=0.033333|size=512|flags=K__`, and after it
 * the packet's side data; a value may be N/A or left out.
 */
function parsePacket(line: string, startSeconds: number): Packet | null {
  const values = new Map(line.split("|").map((part) => part.split("=", 2) as [string, string | undefined]));
  const [track, bytes] = [Number(values.get("stream_index")), Number(values.get("size"))];
  if (!Number.isInteger(track) || !Number.isInteger(bytes)) return null;
  const seconds = (name: string) => {
    const value = Number(values.get(name));
    return Number.isFinite(value) ? value : null;
  };
  const since = (name: string) => {
    const value = seconds(name);
    return value === null ? null : value - startSeconds;
  };
  const flags = values.get("flags") ?? "";
  return {
    ...{ track, bytes, ptsSeconds: since("pts_time"), dtsSeconds: since("dts_time") },
    durationSeconds: Math.max(0, seconds("duration_time") ?? 0),
    keyframe: flags.includes("K"),
    hidden: flags.includes("D"),
    encrypted: line.includes("side_data_type=Encryption info"),
  };
}
