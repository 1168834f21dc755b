import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from "jose";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How the provider answers: as it should, or in one of the ways in which it is away. */
export type KeyServerMood =
  "well" | "hangs" | "dribbles" | "broken" | "garbage" | "empty" | "endless" | "elsewhere";

export interface KeyServer {
  readonly url: string;
  mood: KeyServerMood;
  /** Requests so far. */
  readonly requests: () => number;
  /** Makes a key and publishes it, in place of all others. */
  rotate(kid: string): Promise<void>;
  /** A token by the newest key, or one that names another. */
  token(claims?: JWTPayload, kid?: string): Promise<string>;
  /** Nothing listens any more. */
  close(): Promise<void>;
}

/** A provider's key set on a free port of loopback. */
export async function startKeyServer(): Promise<KeyServer> {
  let requests = 0;
  let published: JWK[] = [];
  let newest: { readonly kid: string; readonly privateKey: CryptoKey };
  const server = createServer((_request, response) => {
    requests += 1;
    const text = JSON.stringify({ keys: published });
    const answers: Readonly<Record<KeyServerMood, () => void>> = {
      well: () => void response.end(text),
      hangs: () => undefined,
      dribbles: () => void response.write(text.slice(0, 10)),
      broken: () => void response.writeHead(502).end(text),
      garbage: () => void response.end("<!doctype html><p>Down for maintenance"),
      empty: () => void response.end('{"keys":[]}'),
      endless: () => void response.end(`${text}${" ".repeat(2 ** 20)}`),
      elsewhere: () => void response.writeHead(302, { location: "/keys" }).end(),
    };
    answers[keyServer.mood]();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    mood: "well",
    requests: () => requests,
    async rotate(kid) {
      const { publicKey, privateKey } = await generateKeyPair("ES256");
      published = [{ ...(await exportJWK(publicKey)), kid, alg: "ES256" }];
      newest = { kid, privateKey };
    },
    token: (claims = {}, kid = newest.kid) =>
      new SignJWT({ tenant_id: 1, ...claims })
        .setProtectedHeader({ alg: "ES256", kid })
        .setExpirationTime("1h")
        .sign(newest.privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await keyServer.rotate("first");
  return keyServer;
}
