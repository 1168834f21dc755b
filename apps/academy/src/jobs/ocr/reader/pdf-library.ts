import { PDFiumModule } from "@hyzyla/pdfium";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** PDFium's own functions that are used here; handles are numbers, 0 for none. */
export interface Pdfium {
  readonly HEAPU8: Uint8Array;
  readonly HEAPF64: Float64Array;
  readonly HEAPF32: Float32Array;
  _FPDF_InitLibraryWithConfig(config: number): void;
  _FPDF_LoadMemDocument(bytes: number, length: number, password: number): number;
  _FPDF_GetLastError(): number;
  _FPDF_GetPageCount(document: number): number;
  _FPDF_LoadPage(document: number, index: number): number;
  _FPDF_ClosePage(page: number): void;
  _FPDF_GetPageWidth(page: number): number;
  _FPDF_GetPageHeight(page: number): number;
  _FPDFPage_CountObjects(page: number): number;
  _FPDFPage_GetObject(page: number, index: number): number;
  _FPDFPageObj_GetType(object: number): number;
  _FPDFPageObj_GetBounds(object: number, left: number, bottom: number, right: number, top: number): number;
  _FPDFText_LoadPage(page: number): number;
  _FPDFText_ClosePage(text: number): void;
  _FPDFText_CountChars(text: number): number;
  _FPDFText_GetUnicode(text: number, index: number): number;
  _FPDFText_GetCharBox(
    text: number,
    index: number,
    left: number,
    right: number,
    bottom: number,
    top: number,
  ): number;
  _FPDF_PageToDevice(
    page: number,
    x: number,
    y: number,
    width: number,
    height: number,
    rotate: number,
    pageX: number,
    pageY: number,
    deviceX: number,
    deviceY: number,
  ): number;
  _FPDFBitmap_CreateEx(width: number, height: number, format: number, bytes: number, stride: number): number;
  _FPDFBitmap_FillRect(
    bitmap: number,
    left: number,
    top: number,
    width: number,
    height: number,
    color: number,
  ): number;
  _FPDFBitmap_Destroy(bitmap: number): void;
  _FPDF_RenderPageBitmap(
    bitmap: number,
    page: number,
    x: number,
    y: number,
    width: number,
    height: number,
    rotate: number,
    flags: number,
  ): void;
  readonly wasmExports: { malloc(bytes: number): number; free(at: number): void };
}

/**
 * Opens PDFium. It is built without JavaScript and XFA, and as WebAssembly it has neither files nor a network: what a
 * document asks to be run or fetched is neither.
 */
export async function openPdfium(): Promise<Pdfium> {
  const wasm = await readFile(createRequire(import.meta.url).resolve("@hyzyla/pdfium/pdfium.wasm"));
  const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  // Its declarations name only what the wrapper around it uses.
  const pdfium = (await PDFiumModule({ wasmBinary })) as unknown as Pdfium;
  const config = allocate(pdfium, 20);
  pdfium.HEAPU8.fill(0, config, config + 20);
  pdfium.HEAPU8[config] = 2; // the version of this structure
  pdfium._FPDF_InitLibraryWithConfig(config);
  return pdfium;
}

/** @throws when the module has no memory left */
export function allocate({ wasmExports }: Pdfium, bytes: number): number {
  const at = wasmExports.malloc(bytes);
  if (at === 0) throw new RangeError("out of memory: the document does not fit");
  return at;
}
