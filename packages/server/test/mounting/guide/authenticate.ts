import type { Authenticate } from "@statusplane/server";

interface Session {
  readonly companyId: number;
  readonly email: string;
  readonly isAdmin: boolean;
}

export function signInBy(
  sessions: ReadonlyMap<string, Session>,
  keys: ReadonlyMap<string, string>,
): Authenticate {
  return (request) => {
    const key = request.headers["x-api-key"];
    if (typeof key === "string") {
      const tenant = keys.get(key);
      return tenant === undefined ? null : { tenant, scope: "watch manage" };
    }
    const session = sessions.get(/session=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
    if (session === undefined) return null;
    const { companyId, email, isAdmin } = session;
    return { tenant: companyId, subject: email, scope: isAdmin ? "watch play manage" : "watch play" };
  };
}
