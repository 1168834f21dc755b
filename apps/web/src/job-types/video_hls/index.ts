/** The job type `video_hls`: a lecture that can be played. May import what job-types/ may. */
import type { JobTypeView } from "../job-type-view.ts";
import { PlayButton } from "./play-button.tsx";
import { renditionNames } from "./rendition-names.ts";
import { VIDEO_UPLOAD } from "./video-upload.ts";
import { wordsOf } from "./words.ts";

export const view: JobTypeView = {
  type: "video_hls",
  kind: "video",
  icon: "video",
  upload: VIDEO_UPLOAD,
  endLine: ({ durationSeconds }, text) =>
    durationSeconds === null ? [] : [wordsOf(text).length(text.length(durationSeconds))],
  facts: ({ output }, text) => {
    const words = wordsOf(text);
    const { durationSeconds = null, sizeBytes = null } = output ?? {};
    return [
      [words.duration, durationSeconds === null ? "" : text.length(durationSeconds)],
      [words.renditions, renditionNames(output?.renditions).join(", ")],
      [words.size, sizeBytes === null ? "" : text.bytes(sizeBytes)],
    ];
  },
  Actions: PlayButton,
};
