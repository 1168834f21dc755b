import {
  encodeJson,
  isTerminal,
  RESULT_FILE,
  StatusplaneError,
  type JobRef,
  type Json,
  type RequestFiles,
  type RequestRecords,
  type StatusReader,
  type StatusWriter,
  type StoredSnapshot,
} from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import type { Readable } from "node:stream";
import { z } from "zod";
import { recordRef } from "../auth/index.ts";
import type { DetailReads } from "../detail/index.ts";
import { openAttemptFile } from "../outputs/index.ts";
import { RowResults } from "./row-results.ts";

export interface ResultOptions {
  readonly reader: Pick<StatusReader, "read" | "readResult">;
  readonly writer: Pick<StatusWriter, "restoreResult">;
  readonly records: Pick<RequestRecords, "findResult">;
  readonly files: Pick<RequestFiles, "outputFolder">;
  readonly details: DetailReads;
}

type Content = string | Readable;

/** `GET /api/v1/jobs/{id}/result/`. */
export function resultRoutes(fastify: FastifyInstance, options: ResultOptions): void {
  const { reader, files } = options;
  const rows = new RowResults(options);
  fastify.get(
    ROUTES.result,
    {
      config: {
        documents: { tags: ["records"], summary: "A job's result", response: { 200: z.unknown() } },
      },
    },
    async (request, reply) => {
      const ref = recordRef(request, "job");
      const snapshot = await reader.read(ref);
      const result =
        (snapshot === null ? null : await shownResult(snapshot, files)) ??
        (await reader.readResult(ref)) ??
        (await recordedResult(ref, { ...options, rows }));
      return reply.header("content-type", "application/json; charset=utf-8").send(result);
    },
  );
}

/**
 * What the snapshot alone leads to: a result that it carries, or the file that it names.
 * @returns null when the result is elsewhere.
 * @throws {result_not_found} while the job lives.
 */
async function shownResult(
  { ref, attempt, status, text }: StoredSnapshot,
  files: ResultOptions["files"],
): Promise<Content | null> {
  if (!isTerminal(status)) throw new StatusplaneError("result_not_found");
  const shown = attempt > 0 ? readShown(text) : null; // another program's value names no attempt
  return shown === "file" ? openResultFile(ref, attempt, files) : (shown?.inline ?? null);
}

/** @returns null where the result is elsewhere, and for a text that only begins like one of ours. */
function readShown(text: string): { readonly inline: string } | "file" | null {
  try {
    const { result = null, result_file: file } = JSON.parse(text) as ShownResult;
    return result === null ? (file === RESULT_FILE ? "file" : null) : { inline: encodeJson(result) };
  } catch {
    return null; // the row says more
  }
}

interface ShownResult {
  readonly result?: Json;
  readonly result_file?: Json;
}

async function openResultFile(
  ref: JobRef,
  attempt: number,
  files: ResultOptions["files"],
): Promise<Readable | null> {
  const file = await openAttemptFile(files, { ref, attempt, name: RESULT_FILE });
  return file?.stream() ?? null;
}

/** By the row, where the status store does not know. @throws {record_not_found | result_not_found} */
async function recordedResult(
  ref: JobRef,
  { details, files, rows }: ResultOptions & { readonly rows: RowResults },
): Promise<Content> {
  const { result, attempt } = await details.get(ref);
  if (result?.kind === "inline") return encodeJson(result.value);
  const found =
    result?.kind === "file"
      ? await openResultFile(ref, attempt, files)
      : result?.kind === "row"
        ? await rows.read(ref)
        : null;
  if (found === null) throw new StatusplaneError("result_not_found");
  return found;
}
