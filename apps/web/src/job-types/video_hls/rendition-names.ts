import { asMembers, numberOrNull, readEach, textOrNull } from "@statusplane/client";

/** What a video's renditions are called: their names, else their heights. */
export function renditionNames(renditions: unknown): readonly string[] {
  return readEach(renditions, (rendition) => {
    const { name, height } = asMembers(rendition);
    const lines = numberOrNull(height);
    return textOrNull(name) ?? (lines === null ? null : `${lines}p`);
  });
}
