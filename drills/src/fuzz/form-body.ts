import type { Random } from "../random.ts";
import { hostileText } from "./hostile-values.ts";

export interface FormPart {
  readonly name: string;
  readonly content: Buffer;
  /** Null: a field, not a file. */
  readonly fileName: string | null;
}

export interface FormBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** multipart/form-data as a browser writes it. */
export function formBody(parts: readonly FormPart[], boundary = "----statusplane-fuzz"): FormBody {
  const bytes = parts.flatMap(({ name, content, fileName }) => {
    const file =
      fileName === null ? "" : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`;
    return [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
      content,
      Buffer.from("\r\n"),
    ];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([...bytes, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** A form in which one thing is wrong: a boundary, a part's head, its end, its number of parts, its names. */
export function brokenForm(parts: readonly FormPart[], random: Random): FormBody {
  const sound = formBody(parts);
  const text = hostileText(random);
  switch (random.between(0, 8)) {
    case 0:
      return { ...sound, contentType: "multipart/form-data" };
    case 1:
      return { ...sound, contentType: "multipart/form-data; boundary=another" };
    case 2:
      return { ...sound, bytes: sound.bytes.subarray(0, random.between(0, sound.bytes.length)) };
    case 3:
      return { ...sound, bytes: flipped(sound.bytes, random) };
    case 4:
      return formBody([...parts, ...parts, ...parts, ...parts]);
    case 5:
      return formBody(parts.map((part) => ({ ...part, name: text })));
    case 6:
      return formBody(parts.map((part) => (part.fileName === null ? part : { ...part, fileName: text })));
    case 7:
      return formBody([
        ...Array.from({ length: random.between(1, 40) }, (_, i) => ({
          name: random.pick(["payload", "title", "__proto__", `f${i}`]),
          content: Buffer.from(random.chance(0.1) ? "[".repeat(70_000) : hostileText(random)),
          fileName: null,
        })),
        ...parts,
      ]);
    default:
      return {
        ...sound,
        bytes: Buffer.from(
          sound.bytes.toString("latin1").replace(/Content-Disposition[^\r]*/, `X: ${"y".repeat(20_000)}`),
          "latin1",
        ),
      };
  }
}

/** Some bytes changed. */
export function flipped(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  for (let i = random.between(1, 8); i > 0; i--)
    copy[random.between(0, copy.length - 1)] = random.between(0, 255);
  return copy;
}
