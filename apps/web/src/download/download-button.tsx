import { useClient } from "@statusplane/client/react";
import { useState, type ReactNode } from "react";
import { saveFile } from "../browser/index.ts";
import { requestProblem, useText } from "../text/index.ts";
import { Button, Icon } from "../ui/index.ts";

export interface DownloadButtonProps {
  /** An address of the product; fetched with the token, which a plain link cannot carry. */
  readonly path: string;
  /** Default "plain". */
  readonly look?: "plain" | "quiet";
  readonly fileName: string;
  /** Why it did not work; null when it is tried anew. */
  readonly onProblem: (problem: string | null) => void;
  readonly children: ReactNode;
}

export function DownloadButton({
  path,
  fileName,
  onProblem,
  children,
  look = "plain",
}: DownloadButtonProps): ReactNode {
  const client = useClient();
  const { messages } = useText();
  const [isLoading, setIsLoading] = useState(false);
  const download = async (): Promise<void> => {
    setIsLoading(true);
    onProblem(null);
    try {
      const response = await client.request(path);
      saveFile(await response.blob(), fileName);
    } catch (error) {
      onProblem(requestProblem(error, messages));
    } finally {
      setIsLoading(false);
    }
  };
  return (
    <Button look={look} disabled={isLoading} onClick={() => void download()}>
      <Icon name="download" />
      {children}
    </Button>
  );
}
