import { eventually } from "../eventually.ts";

/** Announcements are listed by the millisecond: those of one have no order. */
export async function nextMs(): Promise<void> {
  const now = Date.now();
  await eventually("the clock moves on", () => Date.now() > now);
}
