import type { RecordedView, ViewRecords, ViewRef } from "@statusplane/core";
import { MemoryViewRecords } from "@statusplane/memory/testing";

/** The rows of views in memory, with rows to arrange; `statements` names every call that is one. */
export class FakeViewRecords implements ViewRecords {
  readonly statements: string[] = [];
  readonly #memory = new MemoryViewRecords();

  /** Puts a row there as a flush had written it. */
  async put(ref: ViewRef, recorded: RecordedView): Promise<void> {
    this.#memory.leader = "flusher";
    const nothing = { watchedSeconds: 0, dueAtMs: null, knownSinceMs: Date.now(), sessions: [] };
    await this.#memory.flush([{ ...recorded, ref, ...nothing }], { owner: "flusher" });
  }

  /** As the flusher does its errands. */
  async runErrands(): Promise<void> {
    for (const errand of await this.#memory.takeErrands(10)) {
      await this.#memory.decideAnew(errand, 10);
      await this.#memory.settleErrands([errand.id]);
    }
  }

  readonly find: ViewRecords["find"] = (refs) => this.#send("find").find(refs);
  readonly findPolicies: ViewRecords["findPolicies"] = (tenant) =>
    this.#send("findPolicies").findPolicies(tenant);
  readonly putPolicy: ViewRecords["putPolicy"] = (...policy) => this.#send("putPolicy").putPolicy(...policy);
  readonly countAffected: ViewRecords["countAffected"] = (...what) =>
    this.#send("countAffected").countAffected(...what);
  readonly findDecision: ViewRecords["findDecision"] = (...of) =>
    this.#send("findDecision").findDecision(...of);
  readonly eraseViewer: ViewRecords["eraseViewer"] = (...whom) =>
    this.#send("eraseViewer").eraseViewer(...whom);

  #send(statement: string): MemoryViewRecords {
    this.statements.push(statement);
    return this.#memory;
  }
}
