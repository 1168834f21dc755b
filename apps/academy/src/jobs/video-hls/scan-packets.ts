import { JobError } from "@statusplane/core";
import { inputArguments } from "./tool-arguments.ts";
import type { VideoSource } from "./video-source.ts";
import { toolFailure, type VideoTools } from "./video-tools.ts";

const SCAN_SECONDS = 900;
/** Wanted length of a segment. */
export const SEGMENT_SECONDS = 4;

/** What a walk over the picture's packets tells, without decoding one. Times begin at the file's own start. */
export interface PacketScan {
  /** Where the picture ends. */
  readonly endSeconds: number;
  readonly bytes: number;
  /** Longest time between two keyframes, the start and the end counted; Infinity when the first packet is none. */
  readonly greatestGapSeconds: number;
  /** Where segments of a copied track begin, the first one's start left out. */
  readonly cutSeconds: readonly number[];
}

/**
 * Reads the picture's packets once: the I/O of reading the file, no decoding.
 * @throws {JobError} video_unreadable, video_too_slow.
 */
export async function scanPackets(tools: VideoTools, source: VideoSource): Promise<PacketScan> {
  const scan = createPacketScan(source.startSeconds);
  const args = [
    ...["-hide_banner", "-v", "error", "-select_streams", String(source.videoTrack)],
    ...[
      "-show_entries",
      "packet=pts_time,duration_time,size,flags",
      "-print_format",
      "compact=print_section=0",
    ],
    ...inputArguments(tools.inputPath, tools.limits),
  ];
  const end = await tools.run("ffprobe", args, {
    withinSeconds: SCAN_SECONDS,
    onLine: (line) => scan.add(line),
  });
  if (end.exitCode !== 0) {
    const failure = toolFailure("ffprobe", end);
    throw failure.code === "encode_failed"
      ? new JobError("video_unreadable", { cause: failure.cause })
      : failure;
  }
  return scan.result();
}

/** The walk itself, a line of ffprobe at a time. Segments are cut as ffmpeg's HLS muxer does: at the first keyframe from n × 4 s on. */
export function createPacketScan(startSeconds: number): { add(line: string): void; result(): PacketScan } {
  const cutSeconds: number[] = [];
  let [endSeconds, bytes, greatestGap] = [0, 0, 0];
  let lastKeyframe: number | null = null;
  let first = true;
  return {
    add(line) {
      const packet = parsePacket(line);
      if (packet === null || packet.discarded) return;
      bytes += packet.bytes;
      const at = packet.ptsSeconds === null ? null : packet.ptsSeconds - startSeconds;
      if (at === null || (first && !packet.keyframe)) greatestGap = Infinity;
      first = false;
      if (at === null) return;
      endSeconds = Math.max(endSeconds, at + packet.durationSeconds);
      if (!packet.keyframe) return;
      greatestGap = Math.max(greatestGap, at - (lastKeyframe ?? 0));
      lastKeyframe = at;
      if (at >= SEGMENT_SECONDS * (cutSeconds.length + 1)) cutSeconds.push(at);
    },
    result() {
      const lastGap = lastKeyframe === null ? Infinity : endSeconds - lastKeyframe;
      return { endSeconds, bytes, greatestGapSeconds: Math.max(greatestGap, lastGap), cutSeconds };
    },
  };
}

interface Packet {
  /** Null when the file does not say. */
  readonly ptsSeconds: number | null;
  readonly durationSeconds: number;
  readonly bytes: number;
  readonly keyframe: boolean;
  /** Outside the file's own edit list: read, but never shown. */
  readonly discarded: boolean;
}

/** One line: `pts_time=0.000000|duration_time=0.033333|size=512|flags=K__`; a value may be N/A or left out. */
function parsePacket(line: string): Packet | null {
  const size = /(?:^|\|)size=(\d+)/.exec(line);
  const pts = /(?:^|\|)pts_time=(-?[\d.]+)/.exec(line);
  const flags = /(?:^|\|)flags=([^|]*)/.exec(line)?.[1] ?? "";
  if (size === null) return null;
  return {
    ptsSeconds: pts === null ? null : Number(pts[1]),
    durationSeconds: Number(/(?:^|\|)duration_time=([\d.]+)/.exec(line)?.[1] ?? 0),
    bytes: Number(size[1]),
    keyframe: flags.includes("K"),
    discarded: flags.includes("D"),
  };
}
