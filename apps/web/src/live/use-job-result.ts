import type { WatchedJob } from "@statusplane/client";
import { useClient } from "@statusplane/client/react";
import { useEffect, useState } from "react";

/** A job's result: the snapshot's, or the one that is too large for it, fetched once. */
export function useJobResult({ result, resultUrl }: Pick<WatchedJob, "result" | "resultUrl">): unknown {
  const client = useClient();
  const [fetched, setFetched] = useState<{ readonly url: string; readonly value: unknown } | null>(null);
  useEffect(() => {
    if (resultUrl === null) return;
    const controller = new AbortController();
    client
      .request(resultUrl, { signal: controller.signal })
      .then((response) => response.json())
      .then(
        (value: unknown) => setFetched({ url: resultUrl, value }),
        () => undefined, // the card says that the job is done; its numbers are in the history too
      );
    return () => controller.abort();
  }, [client, resultUrl]);
  if (resultUrl === null) return result;
  return fetched?.url === resultUrl ? fetched.value : null;
}
