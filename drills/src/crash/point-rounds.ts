import type { CrashPointName } from "@statusplane/core";
import type { Random } from "../random.ts";

/** After so many crashes everything must agree again. */
const ROUND_POINTS = 26;

/** These points in random order, in rounds of about equal size. */
export function pointRounds(
  names: readonly CrashPointName[],
  random: Random,
): readonly (readonly CrashPointName[])[] {
  const rounds = Math.ceil(names.length / ROUND_POINTS);
  const order = shuffled(names, random);
  return Array.from({ length: rounds }, (_, n) => order.filter((_name, index) => index % rounds === n));
}

export function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.between(0, rest.length - 1), 1));
}
