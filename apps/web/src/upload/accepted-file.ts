import { JOB_TYPE_VIEWS, type JobTypeView, type UploadView } from "../job-types/index.ts";
import type { TextAndFormat } from "../text/index.ts";

/** A job type that a person can make by uploading a file. */
export type UploadTarget = JobTypeView & { readonly upload: UploadView };

const TARGETS = JOB_TYPE_VIEWS.filter((view): view is UploadTarget => view.upload !== undefined);

/** For a file field's `accept`. */
export const ACCEPTED: string = TARGETS.flatMap(({ upload }) => upload.ends).join(",");

/** What may be uploaded, one for each job type. */
export interface AcceptedWords {
  /** What it is. */
  readonly word: string;
  /** The ends of its names, in one text. */
  readonly ends: string;
}

export function acceptedWords(text: TextAndFormat): readonly AcceptedWords[] {
  return TARGETS.map(({ upload }) => ({ word: upload.word(text), ends: upload.ends.join(" ") }));
}

const endsWith = (fileName: string, ends: readonly string[] = []): boolean =>
  ends.some((end) => fileName.toLowerCase().endsWith(end));

/** What becomes of a file, by its name's end alone: the server looks at the bytes. Null: not accepted. */
export function uploadTarget(fileName: string): UploadTarget | null {
  return TARGETS.find(({ upload }) => endsWith(fileName, upload.ends)) ?? null;
}

/** The job type for which a file only has to be saved in another form; null where that would not help. */
export function otherFormOf(fileName: string): UploadTarget | null {
  return TARGETS.find(({ upload }) => endsWith(fileName, upload.otherForms?.ends)) ?? null;
}

/** What the file's job will be called. */
export function titleOf(fileName: string, { upload }: UploadTarget): string {
  return upload.titleOf?.(fileName) ?? fileName;
}
