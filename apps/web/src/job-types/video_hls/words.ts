import type { Text } from "../../text/index.ts";

const ko = {
  videos: "동영상",
  play: "재생",
  playOf: (name: string) => `${name} 재생`,
  length: (duration: string) => `길이 ${duration}`,
  duration: "길이",
  renditions: "화질",
  size: "결과 크기",
};

const en: typeof ko = {
  videos: "Videos",
  play: "Play",
  playOf: (name) => `Play ${name}`,
  length: (duration) => `Length ${duration}`,
  duration: "Length",
  renditions: "Resolutions",
  size: "Size of the result",
};

/** What is said of a video, in the language of now. */
export const wordsOf = ({ language }: Pick<Text, "language">): typeof ko => (language === "ko" ? ko : en);
