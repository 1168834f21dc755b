import { retryWait } from "./transport/backoff.ts";
import { ClientError } from "./client-error.ts";
import type { ActiveAnswer, StatusplaneClient } from "./statusplane-client.ts";

/** Who wants the list. */
export interface ActiveLoadListener {
  onAnswer(answer: ActiveAnswer): void;
  /** Once per failed request; the next follows with backoff. */
  onError(error: ClientError): void;
}

/**
 * Asks the list of live jobs until it is answered, with the poller's backoff, and at once when the page is looked at again.
 * @returns ends it.
 */
export function loadActiveUntilAnswered(client: StatusplaneClient, listener: ActiveLoadListener): () => void {
  const { environment } = client;
  let isEnded = false;
  let errorsInARow = 0;
  let cancelTimer: (() => void) | null = null;

  const load = async (): Promise<void> => {
    try {
      const answer = await client.loadActive();
      if (isEnded) return;
      end();
      listener.onAnswer(answer);
    } catch (error) {
      if (isEnded || !(error instanceof ClientError) || error.code === "client_closed") return;
      errorsInARow += 1;
      cancelTimer = environment.setTimer(again, retryWait(error, errorsInARow, environment).waitMs);
      listener.onError(error);
    }
  };
  const again = (): void => {
    cancelTimer = null;
    void load(); // never rejects: what a listener throws is not caught here
  };
  const endWake = environment.onWake(() => {
    if (cancelTimer === null) return; // a request is on its way
    cancelTimer();
    again();
  });
  const end = (): void => {
    isEnded = true;
    cancelTimer?.();
    endWake();
  };
  again();
  return end;
}
