import type { WatchRef } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useState } from "react";
import { requestProblem, useText } from "../text/index.ts";

export interface JobCommands {
  /** What was asked and not refused; whoever shows the job says when it came true. */
  readonly asked: "cancel" | "retry" | null;
  /** Why the server refused; null otherwise. */
  readonly problem: string | null;
  readonly cancel: () => void;
  /** @param onRetried called when the server has taken it. */
  readonly retry: (onRetried?: () => void) => void;
}

/** Cancel and retry of one job. */
export function useJobCommands(ref: WatchRef): JobCommands {
  const client = useClient();
  const { messages } = useText();
  const [asked, setAsked] = useState<"cancel" | "retry" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const ask = async (command: "cancel" | "retry", onTaken?: () => void): Promise<void> => {
    setAsked(command);
    setProblem(null);
    try {
      await client[command](ref);
      if (command === "retry") setAsked(null); // the next attempt may be cancelled again
      onTaken?.();
    } catch (error) {
      setAsked(null);
      setProblem(requestProblem(error, messages));
    }
  };
  return {
    asked,
    problem,
    cancel: () => void ask("cancel"),
    retry: (onRetried) => void ask("retry", onRetried),
  };
}
