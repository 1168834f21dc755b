import { defineErrors } from "@statusplane/core";

/** For every job type that needs ffmpeg. */
export const FFMPEG_ERRORS = defineErrors({
  ffmpeg_missing: {
    http: 503,
    retryable: true,
    ko: "동영상 변환 프로그램(ffmpeg)이 아직 준비되지 않았습니다.",
    en: "The video converter (ffmpeg) is not ready yet.",
  },
});
