import { useClient } from "@statusplane/client/react";
import { useEffect, useState } from "react";
import { useObservable } from "../browser/index.ts";
import { UploadQueue, type SubmittedUpload, type Upload } from "./upload-queue.ts";

/**
 * This page's upload queue and what is in it. It stops with the component; leaving the page while it sends asks first.
 * @param onSubmitted the same function throughout.
 */
export function useUploads(
  onSubmitted: (submitted: SubmittedUpload) => void,
): readonly [readonly Upload[], UploadQueue] {
  const client = useClient();
  const [queue] = useState(() => new UploadQueue({ client, onSubmitted }));
  useEffect(() => {
    const askBeforeLeaving = (event: BeforeUnloadEvent): void => {
      if (queue.isBusy) event.preventDefault();
    };
    window.addEventListener("beforeunload", askBeforeLeaving);
    return () => {
      window.removeEventListener("beforeunload", askBeforeLeaving);
      queue.close();
    };
  }, [queue]);
  return [useObservable(queue.uploads), queue];
}
