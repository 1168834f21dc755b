import { StatusplaneError } from "@statusplane/core";
import type { FastifyInstance } from "fastify";

const PORT = /:\d{1,5}$/;
const LOOPBACK = /^(?:localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** Whether a `Host` header names this machine to itself: localhost, 127.0.0.0/8 or [::1], with any port. */
export function namesLoopback(host: string): boolean {
  return LOOPBACK.test(host.replace(PORT, ""));
}

/**
 * Answers only requests that name the loopback host, or one of `others`: a page elsewhere whose name was made to point
 * here (DNS rebinding) still names itself.
 * @param others hosts with their port, as browsers send them.
 */
export function answerLoopbackOnly(fastify: FastifyInstance, others: readonly string[]): void {
  const allowed = new Set(others);
  fastify.addHook("onRequest", (request, _reply, done) => {
    const { host } = request.headers;
    if (host !== undefined && (namesLoopback(host) || allowed.has(host.toLowerCase()))) done();
    else done(new StatusplaneError("host_not_served"));
  });
}
