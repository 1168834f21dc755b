import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** How long a JSON body may take to arrive, ms. Uploads have an idle timeout instead. */
export const BODY_DEADLINE_MS = 10_000;

/** Ends requests of this scope whose body dribbles in: there is no server-wide timeout, for it would end uploads. */
export function limitBodyTime(fastify: FastifyInstance, deadlineMs = BODY_DEADLINE_MS): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  fastify.addHook("preParsing", (request, _reply, payload, done) => {
    if (request.headers["content-type"]?.startsWith("multipart/") !== true) {
      const end = (): void => void request.raw.destroy(new StatusplaneError("request_timeout"));
      timers.set(request, setTimeout(end, deadlineMs));
    }
    done(null, payload);
  });
  const clear = (request: FastifyRequest): void => clearTimeout(timers.get(request));
  fastify.addHook("preValidation", (request, _reply, done) => {
    clear(request);
    done();
  });
  fastify.addHook("onError", (request, _reply, _error, done) => {
    clear(request);
    done();
  });
  fastify.addHook("onRequestAbort", (request, done) => {
    clear(request);
    done();
  });
}
