/**
 * The platform speaks of no product, enforced: what a product has of its own stands in `apps/`, and reaches the
 * packages as an option. `node --import tsx scripts/check-words.ts [root]` prints each place and exits 1 when there is one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const PLATFORM = "packages";
/** Words of products: what they are about, their job types, the names of their files, their tools, their demo's names. */
const PRODUCT_WORDS =
  /academ|student|lecture|pupil|classroom|lesson|teacher|school|excel|workbook|video_hls|ffmpeg|ffprobe|m3u8|m4s|_init\.mp4|poster\.jpg|가람|나래|학생|학원|강의/giu;
/** Names that the HTTP contract fixes, whatever they say. */
const CONTRACT = /pollExcelJob|\["Excel"\]/g;
/** Where a word is the package's own subject. */
const OWN_SUBJECT: Readonly<Record<string, RegExp>> = { "packages/xlsx/": /^(?:workbook|excel)$/i };
const TEXT = /\.(?:[cm]?[jt]sx?|lua|sql|json|md)$/;
const NOT_OURS = new Set(["node_modules", "dist", "build"]);

export interface WordCheck {
  readonly files: number;
  /** `path:line: word`. */
  readonly places: readonly string[];
}

/** Looks at every text of the packages: sources, tests, SQL, scripts, manifests and pages. */
export function checkWords(root: string): WordCheck {
  const files = textFiles(root, PLATFORM);
  return { files: files.length, places: files.flatMap((path) => placesIn(root, path)) };
}

function placesIn(root: string, path: string): string[] {
  const own = Object.entries(OWN_SUBJECT).find(([folder]) => path.startsWith(folder))?.[1];
  const lines = readFileSync(join(root, path), "utf8").split("\n");
  return lines.flatMap((line, at) => {
    const words = line.replaceAll(CONTRACT, "").match(PRODUCT_WORDS) ?? [];
    return words.filter((word) => own?.test(word) !== true).map((word) => `${path}:${at + 1}: ${word}`);
  });
}

function textFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : textFiles(root, path);
    return TEXT.test(entry.name) ? [path] : [];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { files, places } = checkWords(resolve(process.argv[2] ?? "."));
  for (const place of places) console.error(`${place} is a product's word; give it as an option`);
  if (files === 0) console.error("no files found: wrong folder?");
  else console.log(`${files} files speak of no product but in ${places.length} places`);
  process.exitCode = places.length > 0 || files === 0 ? 1 : 0;
}
