import { defineErrors } from "@statusplane/core";

/** What the job type `video_hls` ends with, or refuses a file with, beside the codes of every job type. */
export const VIDEO_ERRORS = defineErrors({
  not_a_video: {
    http: 415,
    retryable: false,
    ko: "동영상 파일이 아닙니다.",
    en: "The file is not a video (.mp4, .mov, .mkv or .webm).",
  },
  video_unreadable: {
    http: 422,
    retryable: false,
    ko: "동영상을 읽을 수 없습니다. 파일이 손상되었을 수 있습니다.",
    en: "The video cannot be read; the file may be damaged or cut off.",
  },
  video_no_picture: {
    http: 422,
    retryable: false,
    ko: "화면이 없는 파일입니다(소리만 있음).",
    en: "The file has no video track, only sound or data.",
  },
  video_too_large: {
    http: 422,
    retryable: false,
    ko: "동영상이 허용 범위를 넘습니다.",
    en: "The video exceeds the limits (7680×4320, 480 fps, 6 hours, 64 tracks).",
  },
  video_too_slow: {
    http: 422,
    retryable: false,
    ko: "인코딩 시간이 한도를 넘었습니다.",
    en: "Encoding took longer than the limit.",
  },
  encode_failed: { http: 500, retryable: true, ko: "인코딩에 실패했습니다.", en: "Encoding failed." },
});
