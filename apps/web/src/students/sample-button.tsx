import { useState, type ReactNode } from "react";
import { DownloadButton, type DownloadButtonProps } from "../download/index.ts";
import { useText } from "../text/index.ts";
import { Notice } from "../ui/index.ts";

const SAMPLE = "/api/v1/students/sample.xlsx";

/** Downloads a workbook that can be imported as it is, to see which columns there are. */
export function SampleButton({ look = "quiet" }: Partial<Pick<DownloadButtonProps, "look">>): ReactNode {
  const { messages } = useText();
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <>
      <DownloadButton look={look} path={SAMPLE} fileName="students-sample.xlsx" onProblem={setProblem}>
        {messages.students.sample}
      </DownloadButton>
      {problem !== null && (
        <Notice tone="bad" isAlert>
          {problem}
        </Notice>
      )}
    </>
  );
}
