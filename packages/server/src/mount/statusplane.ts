import type { FastifyInstance } from "fastify";
import { answerUnknown, KnownRoutes } from "../errors/index.ts";
import { mount } from "./mount.ts";
import type { MountOptions } from "./mount-options.ts";
import { makeParts } from "./parts.ts";
import { prepare, prepareAsGuest } from "./prepare.ts";

/** {@link MountOptions}, and where it is mounted. */
export type StatusplaneOptions = MountOptions & {
  /** What all of its addresses begin with, and those in its answers: `/status`. Default: nothing. */
  readonly prefix?: string;
};

/**
 * Statusplane's routes as a Fastify plugin. What it needs of parsers, hooks, handlers and schemas it has for itself, and an
 * application's own routes stay as they are; it may be registered several times. Below a prefix of its own every unknown
 * address is answered, without one only the platform's.
 * @throws {TypeError} at `ready` when nobody could sign in, for a secret under 32 bytes, or without one where it is needed,
 * and for a prefix that no address in an answer could begin with.
 *
 * @example
 * await app.register(statusplane, { prefix: "/status", store, authenticate });
 */
export async function statusplane(fastify: FastifyInstance, options: StatusplaneOptions): Promise<void> {
  assertPlain(fastify.prefix);
  const parts = await makeParts(options, fastify.log);
  prepareAsGuest(fastify);
  prepare(fastify);
  if ((options.prefix ?? "") !== "") {
    const routes = new KnownRoutes();
    routes.listenTo(fastify);
    const unknownAddress = options.records === undefined ? "not_served_here" : "route_not_found";
    answerUnknown(fastify, { routes, unknownAddress });
  }
  await mount(fastify, options, parts);
}

/** A parameter would stand in the addresses as it is, and two slashes ahead are a host's. */
function assertPlain(prefix: string): void {
  if (/^(?:\/[\w.~-]+)*\/?$/.test(prefix)) return;
  throw new TypeError(
    `the prefix ${prefix} is not made of plain words: letters, digits, . _ ~ - and slashes`,
  );
}
