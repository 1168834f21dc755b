/// <reference path="./tesseract-core.d.ts" />
import openCore, { type TessBaseAPI } from "tesseract.js-core/tesseract-core-simd-lstm.js";
import { asPgm, LAYOUT_NUMBERS, type Engine, type Model } from "./engine.ts";
import { readModel } from "./models.ts";
import { linesOfOutput } from "./tsv-lines.ts";

const LSTM_ONLY = 1;
const UPRIGHT = 1;

/** The tesseract that came with us, as WebAssembly: it needs nothing installed, and takes several times longer. */
export async function openBundledEngine(): Promise<Engine> {
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
