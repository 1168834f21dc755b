import type { UploadView } from "../job-type-view.ts";
import { wordsOf } from "./words.ts";

/** A file's name without its ending: a video's title. */
export function titleOf(fileName: string): string {
  return fileName.replace(/\.[^.]+$/, "") || fileName;
}

export const VIDEO_UPLOAD: UploadView = {
  ends: [".mp4", ".mov", ".mkv", ".webm"],
  word: (text) => wordsOf(text).videos,
  titleOf,
};
