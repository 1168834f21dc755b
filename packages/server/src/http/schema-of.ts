import type { z } from "zod";

/** Schemas say nothing of `readonly`. */
type Writable<T> = T extends object ? { -readonly [Name in keyof T]: Writable<T[Name]> } : T;

/** `unknown` where schema and body say the same; else what no schema is. */
type Fits<Body, Output> = [Output] extends [Body]
  ? [Writable<Body>, keyof Body] extends [Output, keyof Output]
    ? unknown
    : { readonly problem: "the body has what the schema does not allow" }
  : { readonly problem: "the schema allows what the body has not" };

/**
 * A schema of what travels. Does not compile where it differs from the body that clients read.
 * Called as `schemaOf<PlaybackBody>()(z.object({ … }))`.
 */
export function schemaOf<Body>() {
  return <Schema extends z.ZodType>(schema: Schema & Fits<Body, z.output<Schema>>): Schema => schema;
}
