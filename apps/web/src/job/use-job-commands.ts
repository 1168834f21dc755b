import { ClientError, type WatchRef } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useState } from "react";
import { requestProblem, useText } from "../text/index.ts";

export interface JobCommands {
  /** What was asked and not refused; whoever shows the job says when it came true. */
  readonly asked: "cancel" | "retry" | null;
  /** Why the server refused; null otherwise. */
  readonly problem: string | null;
  /** A retry was refused because the uploaded file is gone: it would be refused again. */
  readonly isInputGone: boolean;
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
  const [isInputGone, setIsInputGone] = useState(false);

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
      if (error instanceof ClientError && error.code === "input_gone") setIsInputGone(true);
    }
  };
  return {
    asked,
    problem,
    isInputGone,
    cancel: () => void ask("cancel"),
    retry: (onRetried) => void ask("retry", onRetried),
  };
}
