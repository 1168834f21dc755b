import { useCallback, useEffect, useState } from "react";
import { listDemoTenants, type DemoTenantBody } from "@statusplane/client";

export type DemoTenants =
  | { readonly phase: "asking" | "unreachable" }
  | { readonly phase: "known"; readonly tenants: readonly DemoTenantBody[] };

/** Asks once which demo tenants there are; the call asks again. */
export function useDemoTenants(): readonly [DemoTenants, () => void] {
  const [tenants, setTenants] = useState<DemoTenants>({ phase: "asking" });
  const ask = useCallback((signal: AbortSignal) => {
    listDemoTenants({ signal }).then(
      (known) => setTenants({ phase: "known", tenants: known }),
      () => {
        // the screen says so and offers to ask again
        if (!signal.aborted) setTenants({ phase: "unreachable" });
      },
    );
  }, []);
  useEffect(() => {
    const controller = new AbortController();
    ask(controller.signal);
    return () => controller.abort();
  }, [ask]);
  return [
    tenants,
    () => {
      setTenants({ phase: "asking" });
      ask(new AbortController().signal);
    },
  ];
}
