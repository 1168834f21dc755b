import type { ErrorCode } from "@statusplane/core";

/** Types of the first box of .mp4 and .mov files; old QuickTime files begin with something other than `ftyp`. */
const FIRST_BOXES: ReadonlySet<string> = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"]);
/** EBML: .mkv and .webm. */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/**
 * A cheap look at a file's first bytes, for the submit: the code to refuse it with, or null when it may be a video.
 * Whether it is one, ffprobe says later.
 */
export function looksLikeVideo(
  firstBytes: Uint8Array,
): Extract<ErrorCode, "file_empty" | "not_a_video"> | null {
  if (firstBytes.length === 0) return "file_empty";
  if (EBML.every((byte, index) => firstBytes[index] === byte)) return null;
  const box = String.fromCharCode(...firstBytes.subarray(4, 8));
  return FIRST_BOXES.has(box) ? null : "not_a_video";
}
