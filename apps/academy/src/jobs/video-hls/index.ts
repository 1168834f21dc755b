/**
 * The job type `video_hls`: an uploaded video becomes HLS renditions and a poster.
 * May import core, worker and ../../ffmpeg. Data comes in as one uploaded file, read by ffprobe and ffmpeg only and
 * confined; it goes out as files of the attempt's folder and as the result that names them.
 * Names there: `master.m3u8`, `v0.m3u8`, `v0_init.mp4`, `v0_000000.m4s`, `poster.jpg`; nothing else, no subfolder.
 * What may be in an argument list is decided in encode-arguments.ts and tool-arguments.ts, and nowhere else.
 */
export { looksLikeVideo } from "./looks-like-video.ts";
export { HLS_FILES } from "./output-files.ts";
export { videoHlsJob, type VideoHlsOptions, type VideoResult } from "./video-hls-job.ts";
export { VIDEO_LIMITS, type VideoLimits } from "./video-limits.ts";
