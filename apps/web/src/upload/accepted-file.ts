/** What becomes of a file. */
export type UploadTarget = "video" | "workbook";

const VIDEO = [".mp4", ".mov", ".mkv", ".webm"] as const;
const WORKBOOK = [".xlsx"] as const;

/** For a file field's `accept`. */
export const ACCEPTED: string = [...VIDEO, ...WORKBOOK].join(",");

/** By the name's end alone: the server looks at the bytes. Null: not accepted. */
export function uploadTarget(fileName: string): UploadTarget | null {
  const name = fileName.toLowerCase();
  if (VIDEO.some((end) => name.endsWith(end))) return "video";
  return WORKBOOK.some((end) => name.endsWith(end)) ? "workbook" : null;
}

/** Whether a list only has to be saved in the other form. */
export function isOtherTable(fileName: string): boolean {
  return /\.(xls|xlsb|csv|tsv|ods|numbers)$/i.test(fileName);
}

/** A file's name without its ending: a video's title. */
export function titleOf(fileName: string): string {
  return fileName.replace(/\.[^.]+$/, "") || fileName;
}
