import type { Random } from "../random.ts";
import type { Schema } from "./documented-route.ts";

/** A value that the schema allows; where it allows any text, one that the name asks for. */
export function valueOf(
  schema: Schema,
  random: Random,
  textFor: (name: string) => string,
  name = "",
): unknown {
  if (schema.enum !== undefined) return random.pick(schema.enum);
  if (schema.const !== undefined) return schema.const;
  if (schema.anyOf !== undefined) return valueOf(random.pick(schema.anyOf), random, textFor, name);
  switch (schema.type) {
    case "integer":
    case "number":
      return random.between(schema.minimum ?? 0, Math.min(schema.maximum ?? 1_000, 1_000));
    case "boolean":
      return random.chance(0.5);
    case "array":
      return Array.from({ length: random.between(1, 3) }, () =>
        valueOf(schema.items ?? {}, random, textFor, name),
      );
    case "object":
      return objectOf(schema, random, textFor);
    default:
      // A schema by reference is free JSON (a payload): an empty object is everybody's.
      return schema.type === "string" ? textFor(name) : {};
  }
}

function objectOf(schema: Schema, random: Random, textFor: (name: string) => string): unknown {
  const members = Object.entries(schema.properties ?? {}).filter(
    ([member]) => schema.required?.includes(member) === true || random.chance(0.7),
  );
  return Object.fromEntries(
    members.map(([member, each]) => [member, valueOf(each, random, textFor, member)]),
  );
}
