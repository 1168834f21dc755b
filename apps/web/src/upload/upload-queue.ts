import type { StatusplaneClient, WatchRef } from "@statusplane/client";
import { observableValue, type ObservableValue } from "../browser/index.ts";
import { otherFormOf, titleOf, uploadTarget, type UploadTarget } from "./accepted-file.ts";

/** Why the page itself refused a file, before any request. */
export type Refusal = "wrongType" | "otherForm" | "empty";

/**
 * A file on its way to the server. It leaves the list when the server has taken it, for it is a job then.
 *
 * waiting ──▶ sending ──▶ (gone: submitted)
 *    │           ├──────▶ failed ──again──▶ waiting
 *    └──cancel───┴──────▶ stopped ─again──▶ waiting
 * refused: from the start, for good
 */
export type UploadState =
  | { readonly phase: "waiting" | "stopped" }
  /** fraction 0–1 of the bytes. */
  | { readonly phase: "sending"; readonly fraction: number }
  | { readonly phase: "failed"; readonly error: unknown }
  | { readonly phase: "refused"; readonly refusal: Refusal };

export interface Upload {
  readonly key: string;
  readonly file: File;
  /** The job type it is for; of a refused one, the type that takes it in another form. Null: none. */
  readonly target: UploadTarget | null;
  readonly state: UploadState;
}

/** An upload that is a job now. */
export interface SubmittedUpload {
  /** The upload's. */
  readonly key: string;
  readonly ref: WatchRef;
  readonly title: string;
}

export interface UploadQueueOptions {
  readonly client: Pick<StatusplaneClient, "submitVideo" | "submitJob">;
  readonly onSubmitted: (submitted: SubmittedUpload) => void;
}

/** More at once only make each slower. */
const SENDING_AT_ONCE = 2;

const bytesToHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Sends files two at a time, in the order they were added. */
export class UploadQueue {
  readonly uploads: ObservableValue<readonly Upload[]> = observableValue<readonly Upload[]>([]);
  readonly #options: UploadQueueOptions;
  readonly #controllers = new Map<string, AbortController>();

  constructor(options: UploadQueueOptions) {
    this.#options = options;
  }

  add(files: Iterable<File>): void {
    const added = [...files].map(newUpload);
    this.uploads.set([...this.uploads.get(), ...added]);
    this.#sendNext();
  }

  /** Stops a file that is waiting or on its way. */
  cancel(key: string): void {
    this.#move(key, ["waiting", "sending"], { phase: "stopped" });
    this.#controllers.get(key)?.abort();
  }

  /** Sends a failed or stopped file again, under the same key, so that a lost answer makes no second job. */
  again(key: string): void {
    this.#move(key, ["failed", "stopped"], { phase: "waiting" });
    this.#sendNext();
  }

  dismiss(key: string): void {
    this.#controllers.get(key)?.abort();
    this.uploads.set(this.uploads.get().filter((upload) => upload.key !== key));
    this.#sendNext();
  }

  /** Whether leaving the page would lose something. */
  get isBusy(): boolean {
    return this.uploads.get().some(({ state }) => state.phase === "waiting" || state.phase === "sending");
  }

  /** Stops everything. */
  close(): void {
    for (const controller of this.#controllers.values()) controller.abort();
    this.uploads.set([]);
  }

  /** The one function that changes an upload's state; from any other phase it does nothing. */
  #move(key: string, from: readonly UploadState["phase"][], state: UploadState): void {
    const uploads = this.uploads.get();
    if (!uploads.some((upload) => upload.key === key && from.includes(upload.state.phase))) return;
    this.uploads.set(uploads.map((upload) => (upload.key === key ? { ...upload, state } : upload)));
  }

  #sendNext(): void {
    const next = this.uploads
      .get()
      .find(({ key, state }) => state.phase === "waiting" && !this.#controllers.has(key));
    if (next === undefined || this.#controllers.size >= SENDING_AT_ONCE) return;
    void this.#send(next);
    this.#sendNext();
  }

  async #send(upload: Upload): Promise<void> {
    const { key, file, target } = upload;
    if (target === null) return; // refused from the start
    const controller = new AbortController();
    this.#controllers.set(key, controller);
    this.#move(key, ["waiting"], { phase: "sending", fraction: 0 });
    try {
      const ref = await this.#submit(upload, target, controller.signal);
      // A cancel that came too late: the server has taken the file, so it is a job and is shown as one.
      this.#options.onSubmitted({ key, ref, title: titleOf(file.name, target) }); // first, so that its card is there throughout
      this.uploads.set(this.uploads.get().filter((other) => other.key !== key));
    } catch (error) {
      this.#move(key, ["sending"], { phase: "failed", error });
    } finally {
      this.#controllers.delete(key);
      this.#sendNext();
    }
  }

  async #submit({ key, file }: Upload, target: UploadTarget, signal: AbortSignal): Promise<WatchRef> {
    const options = {
      signal,
      title: titleOf(file.name, target),
      idempotencyKey: key,
      onUploadProgress: (fraction: number) =>
        this.#move(key, ["sending"], { phase: "sending", fraction: Math.min(1, Math.max(0, fraction)) }),
    };
    const { client } = this.#options;
    const submitted =
      target.kind === "video"
        ? await client.submitVideo(file, options)
        : await client.submitJob(target.type, { ...options, file });
    return submitted.ref;
  }
}

function newUpload(file: File): Upload {
  // randomUUID exists on secure origins only
  const key = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
  const target = uploadTarget(file.name);
  if (target === null) {
    const otherForm = otherFormOf(file.name);
    const refusal = otherForm === null ? "wrongType" : "otherForm";
    return { key, file, target: otherForm, state: { phase: "refused", refusal } };
  }
  if (file.size === 0) return { key, file, target, state: { phase: "refused", refusal: "empty" } };
  return { key, file, target, state: { phase: "waiting" } };
}
