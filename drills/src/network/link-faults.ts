import type { Random } from "../random.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

/** The kinds of the catalogue, and what each does to a link until it is healed. */
export const LINK_FAULTS = ["drop", "delay", "reset", "half-open", "executed-but-timeout"] as const;
export type LinkFault = (typeof LINK_FAULTS)[number];

const LONGEST_DELAY_MS = 3_000;
/** A reply is cut in two this often while resets last. */
const RESET_EVERY_MS = 20;

/**
 * Breaks a link. Packets that are dropped are sent again by TCP, so that they come late, when it is healed; half-open
 * are connections that a router forgot: they never speak again, and new ones are made at once.
 * @returns how to heal it.
 */
export function breakLink(proxy: TcpProxy, fault: LinkFault, random: Random): () => void {
  switch (fault) {
    case "drop":
      proxy.blackHole();
      break;
    case "delay":
      proxy.delay(random.between(0, LONGEST_DELAY_MS));
      break;
    case "half-open":
      proxy.abandon();
      break;
    case "executed-but-timeout":
      proxy.dropReplies();
      break;
    case "reset":
      return resetLink(proxy, random);
  }
  return () => proxy.heal();
}

/** In the middle of replies, all connections at once, or those that are tried from now on as well. */
function resetLink(proxy: TcpProxy, random: Random): () => void {
  const how = random.pick(["mid-reply", "mid-reply", "cut", "refuse"] as const);
  if (how === "refuse") proxy.refuse();
  if (how !== "mid-reply") proxy.cut();
  const timer = how === "mid-reply" ? setInterval(() => proxy.resetMidReply(), RESET_EVERY_MS) : undefined;
  return () => {
    clearInterval(timer);
    proxy.heal();
  };
}
