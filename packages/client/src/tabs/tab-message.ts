import type { Delivery, Wanted } from "../transport/delivery.ts";

/**
 * What tabs of one reader say to each other. All is said to all: `to` names whom it concerns.
 *
 * ```
 * a tab that joins ──want──▶ the leading one ──here, news of what it knows──▶ the tab follows
 * a tab that follows ──want, each 5 s──▶ ──here──▶ …          no answer for 5 s, or a hidden leader: the lock is taken
 * the leading one ──news──▶ all
 * ```
 *
 * A page that is stopped, by `alert()` or a debugger, never hears what is said meanwhile: so news are counted.
 */
export type TabMessage =
  /** I want to be told this; answer, if you lead. With `anew`: tell all of it, for I have missed news. */
  | { readonly say: "want"; readonly from: string; readonly wanted: Wanted; readonly anew: boolean }
  /** I lead, and this is what you need not ask for yourself. */
  | {
      readonly say: "here";
      readonly from: string;
      readonly to: string;
      readonly isVisible: boolean;
      readonly isLive: boolean;
      /** Keys of the jobs that are pushed. */
      readonly covered: readonly string[];
      readonly coversList: boolean;
      /** Of my last news to all. */
      readonly newsCount: number;
    }
  /** I lead now: say again what you want. */
  | { readonly say: "lead"; readonly from: string }
  /** Forget me. */
  | { readonly say: "leave"; readonly from: string }
  /** What I was told; `to` where only one needs it. The count has in it what is told to all. */
  | {
      readonly say: "news";
      readonly from: string;
      readonly to: string | null;
      readonly delivery: Delivery;
      readonly newsCount: number;
    };

/**
 * Of the lock and of the channel, before the reader, and before each message. Its number changes with what is said: after a
 * deploy tabs of two versions are open at once, and each shares with its own.
 */
export const NAME = "statusplane.v3.";

/** A message as it goes into the channel. */
export type Sealed = readonly [typeof NAME, TabMessage];

/** A message out of the channel; undefined: another program's. */
export function opened(heard: unknown): TabMessage | undefined {
  const sealed = heard as Sealed | null | undefined; // or anything else, which has no such first member
  return sealed?.[0] === NAME ? sealed[1] : undefined;
}
