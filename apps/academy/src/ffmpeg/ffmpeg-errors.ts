import { defineErrors } from "@statusplane/core";

/** For every job type that needs ffmpeg. */
export const FFMPEG_ERRORS = defineErrors({
  ffmpeg_missing: {
    http: 503,
    retryable: true,
    ko: "ffmpeg가 설치되어 있지 않습니다.",
    en: "ffmpeg is not installed.",
  },
});
