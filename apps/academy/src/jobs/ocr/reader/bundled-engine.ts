import { createRequire } from "node:module";
import { asPgm, LAYOUT_NUMBERS, type Engine, type Model } from "./engine.ts";
import { readModel } from "./models.ts";
import { linesOfOutput } from "./tsv-lines.ts";

/** The parts of tesseract's own interface that are used here. */
interface TessBaseAPI {
  /** 0 when it is ready. */
  Init(dataPath: string | null, language: string, engineMode: number): number;
  SetPageSegMode(mode: number): void;
  SetVariable(name: string, value: string): boolean;
  /** Takes the picture from `/input` of its own file system; 0 when it could. */
  SetImageFile(orientation: number, angle: number): number;
  Recognize(monitor: null): number;
  GetTSVText(page: number): string;
  GetUTF8Text(): string;
  Clear(): void;
}

interface TesseractCore {
  readonly FS: { writeFile(path: string, data: Uint8Array): void };
  readonly TessBaseAPI: new () => TessBaseAPI;
}

const CORE = "tesseract.js-core/tesseract-core-simd-lstm.js";
const LSTM_ONLY = 1;
const UPRIGHT = 1;

/** The tesseract that came with us, as WebAssembly: it needs nothing installed, and takes several times longer. */
export async function openBundledEngine(): Promise<Engine> {
  // It comes without declarations.
  const openCore = createRequire(import.meta.url)(CORE) as (options: object) => Promise<TesseractCore>;
  const core = await openCore({});
  const readers = new Map<Model, TessBaseAPI>();
  const readerOf = async (model: Model): Promise<TessBaseAPI> => {
    const known = readers.get(model);
    if (known !== undefined) return known;
    core.FS.writeFile(`${model}.traineddata`, await readModel(model));
    const reader = new core.TessBaseAPI();
    if (reader.Init(null, model, LSTM_ONLY) !== 0) throw new Error(`the model ${model} could not be loaded`);
    reader.SetVariable("user_defined_dpi", "300");
    readers.set(model, reader);
    return reader;
  };
  return {
    read: async (pictures, { model, layout }) => {
      const reader = await readerOf(model);
      return pictures.map((picture) => {
        core.FS.writeFile("/input", asPgm(picture));
        if (reader.SetImageFile(UPRIGHT, 0) !== 0) throw new Error("the engine refused a picture");
        reader.SetPageSegMode(LAYOUT_NUMBERS[layout]);
        reader.Recognize(null);
        const [lines = []] = linesOfOutput({ table: reader.GetTSVText(0), text: reader.GetUTF8Text() }, 1);
        reader.Clear();
        return lines;
      });
    },
  };
}
