import { StatusplaneError, type Json } from "@statusplane/core";
import type { FastifyInstance } from "fastify";

/** Of a JSON body, and of a JSON field in a form. */
export const JSON_MAX_BYTES = 65_536;
/** Arrays and objects within each other. */
export const JSON_MAX_DEPTH = 20;

/** Accepts `application/json` alone, within the limits; an empty body is undefined. */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>(
    "application/json",
    { parseAs: "string", bodyLimit: JSON_MAX_BYTES },
    (_request, text, done) => {
      try {
        done(null, text === "" ? undefined : parseJson(text));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/**
 * Parses JSON from outside.
 * @throws {invalid_json} also for keys that reach for a prototype; {body_too_deep} beyond 20 levels.
 */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new StatusplaneError("invalid_json", { cause: error });
  }
  assertHarmless(value);
  return value;
}

/**
 * Walks without recursion, for the depth is the sender's choice.
 * @throws {invalid_json | body_too_deep}
 */
export function assertHarmless(root: Json): void {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > JSON_MAX_DEPTH) throw new StatusplaneError("body_too_deep");
    for (const [key, member] of Object.entries(value)) {
      if (key === "__proto__" || (key === "constructor" && hasPrototypeKey(member))) {
        throw new StatusplaneError("invalid_json", { detail: `the key ${key} is not accepted` });
      }
      open.push({ value: member, depth: depth + 1 });
    }
  }
}

function hasPrototypeKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}
