import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { StatusplaneError, type Json } from "@statusplane/core";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { JSON_MAX_BYTES, parseJson } from "./json-body.ts";

/** A field of a form; one of type JSON is parsed. */
export interface FormField {
  readonly kind: "field";
  readonly name: string;
  readonly value: Json;
}

/** A file of a form, while it arrives. */
export interface FormFile {
  readonly kind: "file";
  readonly name: string;
  /** Undefined where the part is a file by its content type alone. */
  readonly fileName: string | undefined;
  /** Fails with whatever ends the form before its end. What comes behind it waits until it is read or destroyed. */
  readonly content: Readable;
}

export interface FormLimits {
  readonly files: number;
  readonly fields: number;
}

const FORM = /^multipart\/form-data(?:\s*;|\s*$)/i;
const JSON_TYPE = /^application\/json(?:\s*;|\s*$)/i;

/** Whether a request's body is a form with files. */
export function isForm({ headers }: IncomingMessage): boolean {
  return FORM.test(headers["content-type"] ?? "");
}

/**
 * The parts of a form (RFC 7578) in the order of their arrival. It reads the body itself, with nothing registered at the
 * server: an application's own form parser neither sees these bodies nor is in the way.
 * @throws {invalid_request} for what is no form, ends too early, or has too much of something; {body_too_large} for a
 * field above 64 KiB; {invalid_json}; what a connection's end or its watcher says.
 */
export async function* formParts(
  request: IncomingMessage,
  limits: FormLimits,
): AsyncGenerator<FormField | FormFile, void> {
  const arriving = new Arriving(request, limits);
  try {
    for (let part = await arriving.next(); part !== null; part = await arriving.next()) yield part;
  } finally {
    arriving.stop();
  }
}

/** What the parser has found and nobody has taken yet. */
class Arriving {
  readonly #request: IncomingMessage;
  readonly #parser: BusboyInstance;
  readonly #found: (FormField | FormFile)[] = [];
  #file: Readable | null = null;
  /** Null: parts may come; "end": none comes any more; else why not. */
  #over: Error | "end" | null = null;
  #wake: () => void = () => undefined;

  constructor(request: IncomingMessage, { files, fields }: FormLimits) {
    this.#request = request;
    this.#parser = openParser(request, { files, fields, fieldSize: JSON_MAX_BYTES });
    this.#listen();
    request.on("error", this.#fail).on("close", this.#closed);
    request.pipe(this.#parser);
  }

  /** The next part; null at the end. @throws what ended the form. */
  async next(): Promise<FormField | FormFile | null> {
    while (this.#found.length === 0 && this.#over === null) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#over instanceof Error) throw this.#over;
    return this.#found.shift() ?? null;
  }

  /** Reads no more of the body; a file that is still open fails. */
  stop(): void {
    this.#request.off("error", this.#fail).off("close", this.#closed).unpipe(this.#parser);
    this.#file?.destroy();
  }

  #listen(): void {
    this.#parser
      .on("field", (name, text, _nameTruncated, truncated, _encoding, type) => {
        try {
          this.#push({ kind: "field", name: fieldName(name), value: fieldValue(text, truncated, type) });
        } catch (error) {
          this.#fail(error as Error);
        }
      })
      .on("file", (name, content, fileName) => {
        content.on("error", (error) => this.#fail(wrongForm("not a whole form", error)));
        content.on("close", () => (content.readableEnded ? undefined : this.#end("end"))); // given up by its reader
        this.#file = content;
        this.#push({ kind: "file", name: name ?? "", fileName, content });
      })
      .on("filesLimit", () => this.#fail(wrongForm("too many files")))
      .on("fieldsLimit", () => this.#fail(wrongForm("too many fields")))
      .on("error", (error) => this.#fail(wrongForm("not a whole form", error)))
      .on("finish", () => this.#end("end"));
  }

  #push(part: FormField | FormFile): void {
    this.#found.push(part);
    this.#wake();
  }

  readonly #closed = (): void => {
    if (!this.#request.readableEnded) this.#fail(wrongForm("the connection ended within the form"));
  };

  readonly #fail = (error: Error): void => {
    this.#end(error);
    this.#file?.destroy(error);
  };

  #end(over: Error | "end"): void {
    this.#over ??= over;
    this.#wake();
  }
}

function openParser(
  { headers }: IncomingMessage,
  limits: { readonly files: number; readonly fields: number; readonly fieldSize: number },
): BusboyInstance {
  try {
    return new Busboy({ headers: { ...headers, "content-type": headers["content-type"] ?? "" }, limits });
  } catch (error) {
    throw wrongForm("no boundary", error);
  }
}

/** A name that objects have from their prototype is nobody's field. */
function fieldName(name: string): string {
  if (name in Object.prototype) throw wrongForm(`the field ${name} is not accepted`);
  return name;
}

function fieldValue(text: string, truncated: boolean, type: string): Json {
  if (truncated) throw new StatusplaneError("body_too_large");
  return JSON_TYPE.test(type) ? parseJson(text) : text;
}

function wrongForm(detail: string, cause?: unknown): StatusplaneError {
  return new StatusplaneError("invalid_request", { detail, ...(cause === undefined ? {} : { cause }) });
}
