import type { FastifyInstance, FastifyRequest } from "fastify";
import { sendProblem } from "../errors/index.ts";
import { identityOf, requireIdentity } from "./identity.ts";

/**
 * Refuses a token that goes on asking for jobs that are not there, on the routes of this scope that name one: what is
 * unknown to Redis too costs a look at the database, and guessed ids are all different. Others are not slowed down.
 */
export function limitMisses(fastify: FastifyInstance): void {
  fastify.addHook("onRequest", (request, reply, done) => {
    const { misses } = requireIdentity(request);
    if (namesOne(request) && misses.isSpent()) {
      return void sendProblem(reply, "rate_limited", { retryAfterSeconds: misses.retryAfterSeconds() });
    }
    done();
  });
  fastify.addHook("onResponse", (request, reply, done) => {
    if (reply.statusCode === 404 && namesOne(request)) identityOf(request)?.misses.take();
    done();
  });
}

function namesOne(request: FastifyRequest): boolean {
  return request.routeOptions.url?.includes("/:id") === true;
}
