import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Model } from "./engine.ts";
import { withStandardSyllables } from "./korean-alphabet.ts";

const unpack = promisify(gunzip);

/** The model's bytes, from the package that carries it: nothing is downloaded. */
export async function readModel(model: Model): Promise<Uint8Array> {
  const published = await readPublishedModel(model);
  return model === "kor" ? withStandardSyllables(published) : published;
}

/** As the package carries it. */
export async function readPublishedModel(model: Model): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve(`@tesseract.js-data/${model}/package.json`));
  return unpack(await readFile(join(folder, "4.0.0_best_int", `${model}.traineddata.gz`)));
}
