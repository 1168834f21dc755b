import { refKey, StatusplaneError, type JobRef, type RequestFiles, type SavedInput } from "@statusplane/core";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { access, mkdir, rename, rm, writeFile, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Inputs and outputs in a temporary folder; `remove()` removes it. */
export class TemporaryFiles implements RequestFiles {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "statusplane-server-")));

  constructor() {
    mkdirSync(join(this.root, "inputs"));
  }

  async saveInput(ref: JobRef, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SavedInput> {
    const path = this.#input(ref);
    const handle = await open(`${path}.part`, "w");
    let bytes = 0;
    const first: Uint8Array[] = [];
    try {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw new StatusplaneError("file_too_large");
        if (first.length < 4) first.push(chunk);
        await handle.write(chunk);
      }
      await rename(`${path}.part`, path);
    } catch (error) {
      await rm(`${path}.part`, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return { bytes, firstBytes: Buffer.concat(first).subarray(0, 4_096) };
  }

  async removeInput(ref: JobRef): Promise<void> {
    await rm(this.#input(ref), { force: true });
  }

  async removeJob(ref: JobRef): Promise<void> {
    await this.removeInput(ref);
    await rm(join(this.root, "outputs", ref.tenant, ref.id), { recursive: true, force: true });
  }

  async hasInput(ref: JobRef): Promise<boolean> {
    return access(this.#input(ref)).then(
      () => true,
      () => false,
    );
  }

  outputFolder({ tenant, id }: JobRef, attempt: number): string {
    return join(this.root, "outputs", tenant, id, String(attempt));
  }

  /** Everything uploaded, whole or not. */
  inputs(): readonly string[] {
    return readdirSync(join(this.root, "inputs"));
  }

  async writeOutput(ref: JobRef, attempt: number, name: string, content: string | Buffer): Promise<string> {
    const folder = this.outputFolder(ref, attempt);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #input(ref: JobRef): string {
    return join(this.root, "inputs", refKey(ref));
  }
}
