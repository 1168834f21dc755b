import { DEFAULT_TIMINGS, type Timings } from "@statusplane/core";
import { z } from "zod";

/** Intervals by name, merged over the defaults; every member a positive number of ms (or s, as its name says). */
export const timings = z.string().transform((text, context): Timings => {
  const refuse = (message: string): never => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return refuse('must be JSON, e.g. {"leaseMs":3000}');
  }
  if (!isObject(given)) return refuse("must be a JSON object");
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_TIMINGS, name)) return refuse(`has no interval ${name}`);
    if (name !== "retryBackoffMs") {
      if (!isPositive(value)) return refuse(`${name} must be a number above 0`);
    } else if (!isObject(value) || !isPositive(value["first"]) || !isPositive(value["max"])) {
      return refuse(`${name} must be {"first":ms,"max":ms}, both above 0`);
    }
  }
  return { ...DEFAULT_TIMINGS, ...given };
});

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}
