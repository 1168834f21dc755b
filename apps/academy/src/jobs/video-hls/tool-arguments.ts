import type { VideoLimits } from "./video-limits.ts";

/** mp4/mov and mkv/webm; anything that can name other files (playlists, concat lists) is not among them. */
const FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm";

export interface InputOptions {
  /** Whether the edit lists of an mp4 or mov are taken for no edit lists; other formats cannot be opened so. Default false. */
  readonly ignoresEditLists?: boolean;
}

/**
 * Opens the uploaded file and nothing else, for ffprobe and ffmpeg alike. The formats come first: a playlist named
 * x.mp4 passes a protocol list alone, for what it names are local files too.
 */
export function inputArguments(
  inputPath: string,
  { maxStreams }: Pick<VideoLimits, "maxStreams">,
  { ignoresEditLists = false }: InputOptions = {},
): string[] {
  return [
    ...["-format_whitelist", FORMATS, "-protocol_whitelist", "file"],
    ...(ignoresEditLists ? ["-ignore_editlist", "1"] : []),
    ...["-max_streams", String(maxStreams), "-i", `file:${inputPath}`],
  ];
}
