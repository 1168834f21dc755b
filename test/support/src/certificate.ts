import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1";

/** A certificate that signs itself, and its key, PEM. */
export interface Certificate extends Disposable {
  readonly cert: string;
  readonly key: string;
  /** For `NODE_EXTRA_CA_CERTS`; there until it is disposed of. */
  readonly certPath: string;
}

/** For this machine alone: `localhost` and 127.0.0.1. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "statusplane-certificate-"));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const subject = ["-subj", "/CN=localhost", "-addext", NAMES];
  execFileSync("openssl", ["req", ...kind, "-keyout", keyPath, "-out", certPath, ...subject], {
    stdio: "ignore",
  });
  return {
    cert: readFileSync(certPath, "utf8"),
    key: readFileSync(keyPath, "utf8"),
    certPath,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
