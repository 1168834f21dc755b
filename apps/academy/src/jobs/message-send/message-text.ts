import { JobError } from "@statusplane/core";
import { MESSAGE_ERRORS } from "./message-errors.ts";

/** What a placeholder stands for. */
export const FIELDS = ["name", "student_no", "grade", "school", "class_name"] as const;
export type Field = (typeof FIELDS)[number];
export type FieldValues = Readonly<Partial<Record<Field, string>>>;

/** Placeholders by the names that people write: in Korean, in English. */
const NAMES: Readonly<Record<string, Field>> = {
  이름: "name",
  name: "name",
  학번: "student_no",
  student_no: "student_no",
  학년: "grade",
  grade: "grade",
  학교: "school",
  school: "school",
  반: "class_name",
  class: "class_name",
};

/** The names that a text may use, the Korean ones first. */
export const PLACEHOLDERS: readonly string[] = Object.keys(NAMES);

type Part = string | { readonly field: Field };

/** A text that was read once: what a recipient is called is put in as it is, and never read as a text again. */
export interface Template {
  readonly parts: readonly Part[];
}

const TOKEN = /\{\{|\}\}|\{([^{}\r\n]*)\}|[{}]/g;
/** A placeholder's name is shown so long at most. */
const SHOWN_NAME = 40;

/**
 * Reads a text with placeholders: `{이름}`, `{name}`; `{{` and `}}` are braces.
 * @throws {message_placeholder_unknown} naming the placeholder, its line and column, for each up to five.
 */
export function readTemplate(text: string, what: "subject" | "text"): Template {
  const parts: Part[] = [];
  const unknown: string[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[0] === "{{" || match[0] === "}}") parts.push(match[0].slice(1));
    else {
      const field = fieldOf(match[1]);
      if (field === null) unknown.push(`${what} ${placeOf(text, match.index)}: ${shown(match[0])}`);
      else parts.push({ field });
    }
  }
  parts.push(text.slice(from));
  if (unknown.length > 0) {
    throw new JobError(MESSAGE_ERRORS.message_placeholder_unknown, {
      message: `${unknown.slice(0, 5).join("; ")} (${PLACEHOLDERS.map((name) => `{${name}}`).join(" ")})`,
    });
  }
  return { parts: parts.filter((part) => part !== "") };
}

/** Hangul that was typed on a Mac may come decomposed. */
function fieldOf(name: string | undefined): Field | null {
  if (name === undefined) return null;
  const written = name.normalize("NFC").trim().toLowerCase();
  return Object.hasOwn(NAMES, written) ? (NAMES[written] ?? null) : null;
}

function placeOf(text: string, index: number): string {
  const lines = text.slice(0, index).split("\n");
  return `${lines.length}:${Array.from(lines.at(-1) ?? "").length + 1}`; // a letter beyond the BMP is one column
}

function shown(text: string): string {
  const letters = Array.from(text);
  return letters.length > SHOWN_NAME ? `${letters.slice(0, SHOWN_NAME).join("")}…` : text;
}

/** The fields that a message needs of each recipient. */
export function fieldsOf(...templates: readonly Template[]): readonly Field[] {
  const fields = templates.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === "string" ? [] : [part.field])),
  );
  return [...new Set(fields)];
}

/** Puts one recipient's values in. */
export function renderText({ parts }: Template, values: FieldValues): string {
  return parts.map((part) => (typeof part === "string" ? part : (values[part.field] ?? ""))).join("");
}

/** C0 and C1, and the separators that some programs take for line ends. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
/** Characters that are not seen but for what they do to others: a bidi override could turn what follows around. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** One line of a header: nothing in it ends the line, so no header can follow from a name or a subject. */
export function headerLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** A value as it may stand within a text: without line ends, and without what is not seen. */
export function fieldText(value: string): string {
  return headerLine(value.normalize("NFC").replace(HIDDEN, ""));
}

/** Whether something of it is not seen. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}
