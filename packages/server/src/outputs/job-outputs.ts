import {
  isOutputName,
  isTerminal,
  StatusplaneError,
  type JobRef,
  type RequestFiles,
  type StatusReader,
} from "@statusplane/core";
import { asMembers } from "@statusplane/core/wire";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { DetailReads } from "../detail/index.ts";
import { openAttemptFile } from "./attempt-file.ts";
import { sendFile } from "./send-file.ts";

export interface JobOutputsOptions {
  readonly reader: Pick<StatusReader, "read">;
  readonly details: Pick<DetailReads, "get">;
  readonly files: Pick<RequestFiles, "outputFolder">;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv; charset=utf-8",
  jpg: "image/jpeg",
  json: "application/json; charset=utf-8",
  pdf: "application/pdf",
  txt: "text/plain; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  zip: "application/zip",
};

/** The files that jobs declared, of the attempt that succeeded and of no other. */
export class JobOutputs {
  readonly #options: JobOutputsOptions;

  constructor(options: JobOutputsOptions) {
    this.#options = options;
  }

  /**
   * Sends a declared file as an attachment, or the part of it that was asked for. No statement where the snapshot is
   * there: it names all files of its attempt; else one look at the row.
   * @param name of a declared file, or of one in the same folder that goes with one, such as a page of a document
   * @param goesWith the declared file that it goes with; default: itself
   * @throws {file_not_found} for what the attempt did not declare too; {record_not_found} for no such job
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      ref,
      name,
      goesWith = name,
    }: { readonly ref: JobRef; readonly name: string; readonly goesWith?: string },
  ): Promise<FastifyReply> {
    const { files } = this.#options;
    const attempt =
      isOutputName(name) && isOutputName(goesWith) ? await this.#attemptWith(ref, goesWith) : null;
    const file = attempt === null ? null : await openAttemptFile(files, { ref, attempt, name });
    if (file === null) throw new StatusplaneError("file_not_found");
    reply
      .header("content-type", CONTENT_TYPES[extensionOf(name)] ?? "application/octet-stream")
      .header("content-disposition", `attachment; filename="${name}"`)
      .header("x-content-type-options", "nosniff");
    return sendFile(request, reply, file);
  }

  /** The attempt that declared a file of this name; null: it declared none. */
  async #attemptWith(ref: JobRef, name: string): Promise<number | null> {
    const snapshot = await this.#options.reader.read(ref);
    // another program's value names no attempt
    if (snapshot !== null && snapshot.attempt > 0) {
      const names = isTerminal(snapshot.status) ? declaredIn(snapshot.text) : [];
      return names.includes(name) ? snapshot.attempt : null;
    }
    const { files, attempt } = await this.#options.details.get(ref);
    return files.some((file) => file.name === name) ? attempt : null;
  }
}

/** The names that a snapshot's text tells; none for a text that only begins like one of ours. */
function declaredIn(text: string): readonly unknown[] {
  if (!text.includes('"files":[')) return []; // most ends: not worth parsing
  try {
    const { files } = asMembers(JSON.parse(text));
    return Array.isArray(files) ? files.map((file) => asMembers(file)["name"]) : [];
  } catch {
    return [];
  }
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}
