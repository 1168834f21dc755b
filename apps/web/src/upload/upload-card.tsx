import type { ReactNode } from "react";
import { mayRepeat, requestProblem, useFormat, type Messages, type TextAndFormat } from "../text/index.ts";
import { Button, Card, Icon, ProgressBar } from "../ui/index.ts";
import { acceptedWords } from "./accepted-file.ts";
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

function problemOf({ state, target }: Upload, text: TextAndFormat): string | null {
  const words = text.messages.upload;
  if (state.phase === "failed") return requestProblem(state.error, text.messages);
  if (state.phase !== "refused") return null;
  if (state.refusal === "empty") return words.empty;
  const inOtherForm = state.refusal === "otherForm" ? target?.upload.otherForms?.sentence(text) : undefined;
  return (
    inOtherForm ??
    words.wrongType(
      acceptedWords(text)
        .map(({ word, ends }) => `${word} ${ends}`)
        .join(" · "),
    )
  );
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
  const text = useFormat();
  const { messages, bytes } = text;
  const { file, state } = upload;
  const percent = state.phase === "sending" ? Math.floor(state.fraction * 100) : null;
  const isMoving = state.phase === "sending" || state.phase === "waiting";
  return (
    <Card
      icon={state.phase === "refused" ? "alert" : (upload.target?.icon ?? "alert")}
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
      line={isMoving ? [bytes(file.size)] : []}
      note={isMoving ? null : (problemOf(upload, text) ?? bytes(file.size))}
      hasMore={isMoving && upload.target?.Running !== undefined}
    />
  );
}
