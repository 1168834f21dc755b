import type { ReactNode } from "react";
import { mayRepeat, requestProblem, useFormat, type Messages } from "../text/index.ts";
import { Button, Card, Icon, ProgressBar } from "../ui/index.ts";
import type { Upload, UploadQueue, UploadState } from "./upload-queue.ts";

function headline(state: UploadState, messages: Messages): string {
  switch (state.phase) {
    case "waiting":
      return messages.upload.waiting;
    case "sending":
      return state.fraction < 1 ? messages.upload.sending : messages.upload.accepting;
    case "stopped":
      return messages.upload.stopped;
    default:
      return messages.upload.refused;
  }
}

function problemOf(state: UploadState, messages: Messages): string | null {
  if (state.phase === "failed") return requestProblem(state.error, messages);
  return state.phase === "refused" ? messages.upload[state.refusal] : null;
}

const canBeSentAgain = (state: UploadState): boolean =>
  state.phase === "stopped" || (state.phase === "failed" && mayRepeat(state.error));

/** Stop it while it is on its way, take it off the list afterwards. */
function Corner({ upload, queue }: { readonly upload: Upload; readonly queue: UploadQueue }): ReactNode {
  const { messages } = useFormat();
  const { key, file, state } = upload;
  if (state.phase === "waiting" || state.phase === "sending") {
    return (
      <Button
        look="icon"
        aria-label={messages.upload.cancel(file.name)}
        title={messages.upload.cancel(file.name)}
        onClick={() => queue.cancel(key)}
      >
        <Icon name="close" />
      </Button>
    );
  }
  return (
    <Button
      look="icon"
      aria-label={messages.upload.dismiss(file.name)}
      title={messages.upload.dismiss(file.name)}
      onClick={() => queue.dismiss(key)}
    >
      <Icon name="close" />
    </Button>
  );
}

/** A file on its way, in the shape that its job will have. */
export function UploadCard({
  upload,
  queue,
}: {
  readonly upload: Upload;
  readonly queue: UploadQueue;
}): ReactNode {
  const { messages, bytes } = useFormat();
  const { file, state } = upload;
  const percent = state.phase === "sending" ? Math.floor(state.fraction * 100) : null;
  const isMoving = state.phase === "sending" || state.phase === "waiting";
  return (
    <Card
      icon={upload.target === "workbook" ? "sheet" : upload.target === "video" ? "video" : "alert"}
      title={file.name}
      status={headline(state, messages)}
      tone={isMoving ? "plain" : "bad"}
      aside={percent === null ? "" : `${percent}%`}
      corner={<Corner upload={upload} queue={queue} />}
      actions={
        canBeSentAgain(state) && (
          <Button
            look="plain"
            aria-label={messages.upload.again(file.name)}
            onClick={() => queue.again(upload.key)}
          >
            {messages.app.tryAgain}
          </Button>
        )
      }
      bar={
        isMoving ? (
          <ProgressBar
            label={messages.upload.bar(file.name)}
            percent={state.phase === "sending" ? percent : 0}
            valueText={percent === null ? messages.upload.waiting : messages.job.percent(String(percent))}
          />
        ) : null
      }
      line={problemOf(state, messages) ?? bytes(file.size)}
    />
  );
}
