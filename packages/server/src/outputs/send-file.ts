import type { FastifyReply, FastifyRequest } from "fastify";
import { matchesEtag } from "../progress/index.ts";
import type { OutputFile } from "./attempt-file.ts";
import { parseRange } from "./byte-range.ts";

/** Whole, part (206), not changed (304) or nothing to give (416). */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: OutputFile,
): Promise<FastifyReply> {
  const etag = `"${file.bytes.toString(36)}-${Math.floor(file.modifiedAtMs).toString(36)}"`;
  reply.header("etag", etag).header("accept-ranges", "bytes");
  if (matchesEtag(request.headers["if-none-match"], etag)) {
    await file.close();
    return reply.code(304).send();
  }
  const ifRange = request.headers["if-range"];
  const asked = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = parseRange(asked, file.bytes);
  if (range.kind === "unsatisfiable") {
    await file.close();
    return reply.code(416).header("content-range", `bytes */${file.bytes}`).send();
  }
  if (range.kind === "whole") return reply.header("content-length", String(file.bytes)).send(file.stream());
  return reply
    .code(206)
    .header("content-range", `bytes ${range.start}-${range.end}/${file.bytes}`)
    .header("content-length", String(range.end - range.start + 1))
    .send(file.stream(range));
}
