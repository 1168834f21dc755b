import {
  crashPoint,
  type JobRef,
  type JobType,
  type Json,
  type JsonObject,
  type Kind,
  type KnownError,
  plainLine,
  StatusplaneError,
  TITLE_MAX_CHARACTERS,
} from "@statusplane/core";
import type { FastifyRequest } from "fastify";
import { createHash } from "node:crypto";
import { assertHarmless, formParts, JSON_MAX_BYTES, parseJson, type FormFile } from "../http/index.ts";
import { inspectUpload } from "./inspect-upload.ts";
import { metadataOf } from "./metadata.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import type { SubmitOptions } from "./submit-options.ts";

export interface SubmittedFile {
  readonly name: string | null;
  /** Of the content; null where nobody asked for it. */
  readonly sha256: string | null;
  /** For the look that must wait until the job type is known: a form may name it after the file. */
  readonly firstBytes: Uint8Array;
}

/** What a body said, before it is judged. */
export interface Submission {
  readonly jobType: string | null;
  readonly title: string | null;
  readonly metadata: JsonObject | null;
  /** Undefined: there was none. */
  readonly payload: Json | undefined;
  readonly file: SubmittedFile | null;
}

export interface ReadFormOptions extends Pick<SubmitOptions, "files" | "uploadMaxBytes"> {
  /** Where the file goes. */
  readonly ref: JobRef;
  /** The job type as far as it is known when the file begins. */
  readonly typeOf: (named: string | null) => JobType | undefined;
  /** Whether the file's content is hashed: for an Idempotency-Key. */
  readonly hashed: boolean;
}

const FIELDS_MAX = 8;
/** What a form adds to its file: boundaries, headers, fields. */
export const FORM_EXTRA_BYTES = (FIELDS_MAX + 1) * JSON_MAX_BYTES;
/** A form's fields; `file` sent as text is a file that is missing. */
const FIELDS: Readonly<Record<Kind, readonly string[]>> = {
  video: ["file", "title", "metadata", "payload"],
  job: ["file", "job_type", "title", "metadata", "payload"],
};
/** What file systems take. */
const FILE_NAME_MAX_CHARACTERS = 255;

/**
 * Reads a form with its fields in any order; the file is saved while it arrives. When it throws, the caller removes
 * what was saved.
 * @throws {not_a_video | file_empty | file_too_large | storage_full | invalid_request | …}
 */
export async function readForm(request: FastifyRequest, options: ReadFormOptions): Promise<Submission> {
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  if (declaredBytes > options.uploadMaxBytes + FORM_EXTRA_BYTES) throw new StatusplaneError("file_too_large");
  const fields = new Map<string, Json>();
  let file: SubmittedFile | null = null;
  for await (const part of formParts(request.raw, { files: 1, fields: FIELDS_MAX })) {
    if (part.kind === "field") {
      assertHarmless(part.value);
      fields.set(part.name, part.value);
    } else {
      refuseUnknown(fields.keys(), FIELDS[options.ref.kind]); // before a byte of the file is kept
      file = await saveFile(part, textField(fields, "job_type"), options);
    }
  }
  refuseUnknown(fields.keys(), FIELDS[options.ref.kind]);
  return {
    jobType: textField(fields, "job_type"),
    title: titleOf(textField(fields, "title") ?? file?.name ?? null),
    metadata: metadataOf(jsonField(fields, "metadata")),
    payload: jsonField(fields, "payload"),
    file,
  };
}

async function saveFile(
  part: FormFile,
  named: string | null,
  { ref, files, typeOf, hashed, uploadMaxBytes }: ReadFormOptions,
): Promise<SubmittedFile> {
  if (part.name !== "file") {
    throw new StatusplaneError("invalid_request", { detail: "the file's field is named file" });
  }
  const hash = hashed ? createHash("sha256") : null;
  const look = (firstBytes: Uint8Array): KnownError | null => typeOf(named)?.looksRight?.(firstBytes) ?? null;
  crashPoint("upload.before-save");
  const saved = await files.saveInput(ref, inspectUpload(part.content, { look, hash }), uploadMaxBytes);
  crashPoint("upload.after-save");
  return {
    name: fileNameOf(part.fileName),
    sha256: hash?.digest("hex") ?? null,
    firstBytes: saved.firstBytes,
  };
}

function textField(fields: ReadonlyMap<string, Json>, name: string): string | null {
  const value = fields.get(name);
  if (value === undefined || typeof value === "string") return value ?? null;
  throw new StatusplaneError("invalid_request", { detail: `${name} is text` });
}

/** JSON, as text or as a part of its own type. */
function jsonField(fields: ReadonlyMap<string, Json>, name: string): Json | undefined {
  const value = fields.get(name);
  return typeof value === "string" ? parseJson(value) : value;
}

/** A title as it is kept and shown; null without one. */
export function titleOf(text: string | null): string | null {
  return text === null ? null : plainLine(text, TITLE_MAX_CHARACTERS);
}

/**
 * Forms write `"` and line ends of a file's name as %22, %0D and %0A, and nothing else so (WHATWG HTML, 4.10.21.8).
 * @param name undefined where the part is a file by its content type alone.
 */
function fileNameOf(name: string | undefined): string | null {
  const written = (name ?? "").replace(/%(?:22|0D|0A)/gi, (escaped) => decodeURIComponent(escaped));
  return plainLine(written, FILE_NAME_MAX_CHARACTERS);
}
