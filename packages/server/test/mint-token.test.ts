import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { mintToken } from "../src/index.ts";
import { SECRET } from "./fakes/index.ts";

describe("a token minted here", () => {
  it.each([
    [{}, { tenant_id: "shop", sub: "alice" }],
    [
      { tenant: "org", subject: "email" },
      { org: "shop", email: "alice" },
    ],
    [{ tenant: "sub" }, { sub: "shop" }],
    [{ subject: "tenant_id" }, { tenant_id: "shop" }],
    [{ tenant: "who", subject: "who" }, { who: "shop" }],
  ])("is its tenant's, whatever the claims are called: %j", async (claims, said) => {
    const { token } = await mintToken(
      { kind: "secret", secret: SECRET, claims },
      { tenant: "shop", subject: "alice", lifeSeconds: 60 },
    );
    expect(decodeJwt(token)).toMatchObject(said);
  });
});
