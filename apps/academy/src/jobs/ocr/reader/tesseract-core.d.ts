declare module "tesseract.js-core/tesseract-core-simd-lstm.js" {
  /** The parts of tesseract's own interface that are used here. */
  export interface TessBaseAPI {
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
  export interface TesseractModule {
    readonly FS: { writeFile(path: string, data: Uint8Array): void };
    readonly TessBaseAPI: new () => TessBaseAPI;
  }
  const open: (options: { TesseractProgress?: (percent: number) => void }) => Promise<TesseractModule>;
  export default open;
}
