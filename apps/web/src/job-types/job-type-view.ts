import type { Kind, RecordedJob, WatchedJob, WatchRef } from "@statusplane/client";
import type { ComponentType } from "react";
import type { View } from "../browser/index.ts";
import type { TextAndFormat } from "../text/index.ts";
import type { IconName } from "../ui/index.ts";

/** How a success is told, in words, and how it is coloured. */
export interface OutcomeFace {
  readonly status: string;
  readonly tone: "good" | "warn" | "bad";
}

/** Which files a person may upload to make such a job. The server decides; here only the name's end is looked at. */
export interface UploadView {
  /** Lower case, with their dot: `.mp4`. */
  readonly ends: readonly string[];
  /** What it is, before the ends of its names. */
  readonly word: (text: TextAndFormat) => string;
  /** Ends of files that only have to be saved in another form, and how that is said. */
  readonly otherForms?: {
    readonly ends: readonly string[];
    readonly sentence: (text: TextAndFormat) => string;
  };
  /** The job's title. Default: the file's name. */
  readonly titleOf?: (fileName: string) => string;
}

/** What the actions of an ended job are given. */
export interface ActionsProps {
  readonly refOf: WatchRef;
  readonly title: string;
  readonly onPlay: (videoId: string, title: string) => void;
}

/**
 * What the page adds for a job type to what the server says of it (label, steps, errors). All but the type's name and
 * kind is optional: whatever is missing looks as for a type that the page has never heard of.
 */
export interface JobTypeView {
  readonly type: string;
  readonly kind: Kind;
  /** Default: a gear. */
  readonly icon?: IconName;
  readonly upload?: UploadView;
  /** Begins such a job without a file; beside where files are dropped. */
  readonly Begin?: ComponentType;
  /** How a success shows by its result; null: as any other. */
  readonly outcome?: (result: unknown, text: TextAndFormat) => OutcomeFace | null;
  /** Said of a success, one short part each. */
  readonly endLine?: (job: WatchedJob, text: TextAndFormat) => readonly string[];
  /** Lines of the record in the history; empty texts are left out. */
  readonly facts?: (record: RecordedJob, text: TextAndFormat) => readonly (readonly [string, string])[];
  /** One line below the bar of a running job; its room is kept from the upload on. */
  readonly Running?: ComponentType<{ readonly job: WatchedJob }>;
  /** Beside a job that has succeeded; where it has a result, below that. */
  readonly Actions?: ComponentType<ActionsProps>;
  /** What an ended job has brought: its line opens to it; shows nothing for a result of another shape. Default: its names and values. */
  readonly Result?: ComponentType<{ readonly result: unknown }>;
  /** The view whose content a success changes: it is read anew. */
  readonly changes?: View;
}
