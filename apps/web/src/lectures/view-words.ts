import type { ClientError } from "@statusplane/client";
import { REFUSAL_REASONS, type RefusalReason, type View, type ViewReporter } from "@statusplane/client/views";
import { useCallback, useSyncExternalStore } from "react";
import { useFormat } from "../text/index.ts";

const nothing = (): (() => void) => () => undefined;

/** What is known of a view, as it grows; undefined where nobody reports. */
export function useKnownView(reporter: ViewReporter | null, videoId: string): View | undefined {
  const subscribe = useCallback(
    (listener: () => void) => reporter?.subscribe(listener) ?? nothing(),
    [reporter],
  );
  return useSyncExternalStore(subscribe, () => reporter?.get(videoId));
}

/** Why a playback was refused; null: for another reason than a policy's. */
export function refusalReason({ code, detail }: ClientError): RefusalReason | null {
  return code === "not_allowed_to_play"
    ? (REFUSAL_REASONS.find((each) => detail.includes(each)) ?? null)
    : null;
}

/** What is said of views. */
export interface ViewWords {
  /** Whether it counts, or what is left until it does. */
  readonly standing: (view: View) => string;
  /** What counts, in one line. */
  readonly rule: (view: View) => string;
}

export function useViewWords(): ViewWords {
  const { messages, length, moment } = useFormat();
  const words = messages.lectures;
  return {
    standing: ({ isAttended, leftSeconds, reason, mayPlay }) => {
      if (isAttended) return words.attended;
      if (!mayPlay && reason !== null) return words.refusals[reason];
      return leftSeconds === 0 ? words.deciding : words.left(length(leftSeconds));
    },
    rule: ({ policy }) => {
      const parts = [
        words.counts(String(policy.attended_percent)),
        words.speed(String(policy.max_speed)),
        policy.seek_ahead ? null : words.inOrder,
        policy.deadline === null ? null : words.deadline(moment(policy.deadline)),
      ];
      return parts.filter((part) => part !== null).join(" · ");
    },
  };
}
