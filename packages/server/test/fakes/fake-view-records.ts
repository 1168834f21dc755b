import {
  viewInTenant,
  type KeptPolicy,
  type RecordedView,
  type ViewRecords,
  type ViewRef,
} from "@statusplane/core";

/** Rows of views to arrange; `statements` names every call that is one. */
export class FakeViewRecords implements ViewRecords {
  readonly statements: string[] = [];
  readonly rows = new Map<string, RecordedView>();
  /** By tenant, then by video; "": the tenant's own. */
  readonly #policies = new Map<string, Map<string, KeptPolicy>>();
  readonly erased: string[] = [];
  #revision = 0;

  put(ref: ViewRef, recorded: RecordedView): void {
    this.rows.set(viewInTenant(ref), recorded);
  }

  readonly find: ViewRecords["find"] = async (refs) => {
    this.statements.push("find");
    return refs.map((ref) => this.rows.get(viewInTenant(ref)) ?? null);
  };
  readonly findPolicies: ViewRecords["findPolicies"] = async (tenant) => {
    this.statements.push("findPolicies");
    const kept = [...(this.#policies.get(tenant) ?? [])];
    const [, own = null] = kept.find(([video]) => video === "") ?? [];
    return { tenant: own, videos: new Map(kept.filter(([video]) => video !== "")) };
  };
  readonly putPolicy: ViewRecords["putPolicy"] = async (tenant, video, policy) => {
    this.statements.push("putPolicy");
    this.#revision += 1;
    const kept = this.#policies.get(tenant) ?? new Map<string, KeptPolicy>();
    this.#policies.set(tenant, kept.set(video ?? "", { policy, revision: this.#revision }));
    return this.#revision;
  };
  readonly countAffected: ViewRecords["countAffected"] = async () => {
    this.statements.push("countAffected");
    return { wouldAttend: 2, views: 5 };
  };
  readonly eraseViewer: ViewRecords["eraseViewer"] = async (_tenant, viewer) => {
    this.statements.push("eraseViewer");
    this.erased.push(viewer);
  };
}
