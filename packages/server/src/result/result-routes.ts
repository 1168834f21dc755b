import {
  encodeJson,
  StatusplaneError,
  type JobRef,
  type RequestFiles,
  type RequestRecords,
  type StatusReader,
  type StatusWriter,
} from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import type { Readable } from "node:stream";
import { z } from "zod";
import { recordRef } from "../auth/index.ts";
import type { DetailReads } from "../detail/index.ts";
import { openOutput } from "../playback/index.ts";

export interface ResultOptions {
  readonly reader: Pick<StatusReader, "readResult">;
  readonly writer: Pick<StatusWriter, "restoreResult">;
  readonly records: Pick<RequestRecords, "findResult">;
  readonly files: Pick<RequestFiles, "outputFolder">;
  readonly details: DetailReads;
}

/** `GET /api/v1/jobs/{id}/result/`. */
export function resultRoutes(fastify: FastifyInstance, options: ResultOptions): void {
  fastify.get(
    "/api/v1/jobs/:id/result",
    {
      config: {
        documents: { tags: ["records"], summary: "A job's result", response: { 200: z.unknown() } },
      },
    },
    async (request, reply) => {
      const ref = recordRef(request, "job");
      const result = (await options.reader.readResult(ref)) ?? (await resultOfRecord(ref, options));
      return reply.header("content-type", "application/json; charset=utf-8").send(result);
    },
  );
}

/** @throws {record_not_found | result_not_found} */
async function resultOfRecord(ref: JobRef, options: ResultOptions): Promise<string | Readable> {
  const record = await options.details.get(ref);
  if (record.result === null) throw new StatusplaneError("result_not_found");
  if (record.result.kind === "inline") return encodeJson(record.result.value);
  if (record.result.kind === "file") {
    const folder = options.files.outputFolder(ref, record.attempt);
    const file = await openOutput(folder, "result.json");
    if (file === null) throw new StatusplaneError("result_not_found");
    return file.stream();
  }
  const found = await options.records.findResult(ref);
  if (found === null) throw new StatusplaneError("result_not_found");
  options.writer.restoreResult(ref, found.attempt, found.text).catch(() => undefined); // the next miss tries again
  return found.text;
}
