import { uuidV7 } from "@statusplane/core";
import { readJson } from "./requests.ts";
import type { Sender } from "./sender.ts";
import type { UploadOptions } from "./statusplane-client.ts";

/** One submit. */
export interface Upload extends UploadOptions {
  readonly path: string;
  readonly body: FormData | string;
}

/**
 * Posts a submit, however long it takes, and answers its JSON body. With XMLHttpRequest where there is one (fetch
 * tells no upload progress), else with fetch.
 * @throws {ClientError} for every answer but 2xx, and for none; the signal's reason when it aborts.
 */
export async function postUpload(sender: Sender, upload: Upload): Promise<unknown> {
  const headers = {
    "Idempotency-Key": upload.idempotencyKey ?? uuidV7(),
    ...(typeof upload.body === "string" ? { "Content-Type": "application/json" } : null),
  };
  if (upload.onUploadProgress !== undefined && typeof XMLHttpRequest !== "undefined") {
    return postByXhr(sender, upload, headers);
  }
  const body = await readJson(sender, upload.path, {
    method: "POST",
    headers,
    body: upload.body,
    deadlineMs: 0,
    ...(upload.signal === undefined ? null : { signal: upload.signal }),
  });
  upload.onUploadProgress?.(1);
  return body;
}

async function postByXhr(
  sender: Sender,
  upload: Upload,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { signal, onUploadProgress } = upload;
  const signed = { ...(await sender.signature()), ...headers };
  signal?.throwIfAborted();
  const request = new XMLHttpRequest();
  const onAbort = () => request.abort();
  signal?.addEventListener("abort", onAbort);
  const release = sender.onClose(onAbort);
  try {
    const answered = new Promise<void>((resolve, reject) => {
      request.onload = () => resolve();
      request.onerror = () => reject(sender.failure("network_error"));
      request.onabort = () => reject(signal?.aborted ? signal.reason : sender.failure("client_closed"));
    });
    request.upload.onprogress = ({ loaded, total }) => onUploadProgress?.(total > 0 ? loaded / total : 0);
    request.open("POST", sender.url(upload.path));
    for (const [name, value] of Object.entries(signed)) request.setRequestHeader(name, value);
    request.send(upload.body);
    await answered;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    release();
  }
  const { status, responseText } = request;
  const json = async (): Promise<unknown> => JSON.parse(responseText);
  sender.noteStatus(status);
  if (status < 200 || status >= 300) {
    const body = await json().catch(() => null); // a proxy's page: the status says enough
    throw sender.problem({ status, body, headers: new Headers(retryAfter(request)) });
  }
  return sender.bodyOf({ json });
}

function retryAfter(request: XMLHttpRequest): Record<string, string> {
  const text = request.getResponseHeader("Retry-After");
  return text === null ? {} : { "Retry-After": text };
}
