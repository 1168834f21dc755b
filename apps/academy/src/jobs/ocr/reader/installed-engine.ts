import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { OCR_LIMITS } from "../ocr-limits.ts";
import { asPgm, LAYOUT_NUMBERS, PageTooSlow, type Engine, type Model } from "./engine.ts";
import { readModel } from "./models.ts";
import { linesOfOutput } from "./tsv-lines.ts";

const run = promisify(execFile);

/**
 * The tesseract that is installed on this machine, with the models that came with us. A process per call: it keeps
 * nothing.
 * @param folder where models and pictures may be written; removed by whoever made it.
 */
export async function openInstalledEngine(program: string, folder: string): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  const written = new Set<Model>();
  return {
    read: async (pictures, { model, layout, onStarted }) => {
      if (pictures.length === 0) return [];
      if (!written.has(model)) await writeFile(join(folder, `${model}.traineddata`), await readModel(model));
      written.add(model);
      const names = pictures.map((_, index) => join(folder, `${index}.pgm`));
      for (const [index, picture] of pictures.entries()) await writeFile(names[index] ?? "", asPgm(picture));
      const list = join(folder, "pictures.txt");
      await writeFile(list, names.join("\n"));
      const base = join(folder, "read");
      const args = [
        ...[list, base, "--tessdata-dir", folder, "-l", model, "--oem", "1", "--dpi", "300"],
        ...["--psm", String(LAYOUT_NUMBERS[layout]), "-c", "tessedit_create_tsv=1"],
        ...["-c", "tessedit_create_txt=1"],
      ];
      const ended = execute(program, args);
      onStarted?.();
      await ended;
      const table = await readFile(`${base}.tsv`, "utf8");
      return linesOfOutput({ table, text: await readFile(`${base}.txt`, "utf8") }, pictures.length);
    },
  };
}

async function execute(program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args, {
      timeout: OCR_LIMITS.pageSeconds * 1_000,
      killSignal: "SIGKILL",
      env: { OMP_THREAD_LIMIT: "1", LC_ALL: "C" }, // documents are read side by side; threads of one would slow the others
    });
  } catch (error) {
    throw (error as { killed?: boolean }).killed === true ? new PageTooSlow("tesseract was ended") : error;
  }
}
