export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What each server asks of those who connect, as ioredis names it. */
export interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  /** There: TLS, with Node's defaults. */
  readonly tls?: { readonly rejectUnauthorized?: true };
}

/** Where Redis is: one server, the master that sentinels name, or a Cluster. */
export type RedisAddress =
  | ({ readonly mode: "single"; readonly db: number; readonly access: RedisAccess } & HostAndPort)
  | {
      readonly mode: "sentinel";
      readonly sentinels: readonly HostAndPort[];
      /** What the sentinels call the master. */
      readonly name: string;
      readonly access: RedisAccess;
    }
  | { readonly mode: "cluster"; readonly nodes: readonly HostAndPort[]; readonly access: RedisAccess };

const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;

/**
 * Understands `redis://`, `rediss://` (TLS), a comma-separated list of nodes with `cluster`, and
 * `redis-sentinel://h1,h2,h3/name`; user and password as in any URL, `/n` the database of a single server.
 * @throws {TypeError} when the URL cannot be understood; the message does not repeat the password.
 */
export function parseRedisUrl(url: string, cluster = false): RedisAddress {
  const scheme = /^(rediss?|redis-sentinel):\/\//.exec(url)?.[1];
  if (scheme === undefined)
    throw new TypeError("a Redis URL begins redis://, rediss:// or redis-sentinel://");
  const nodes = (url.slice(scheme.length + 3).split("?")[0] ?? "").split(",").map(withoutScheme);
  const [last = "", path = ""] = splitOnce(nodes.pop() ?? "", "/");
  nodes.push(last);
  const access = { ...credentialsOf(nodes[0] ?? ""), ...(scheme === "rediss" ? { tls: {} } : {}) };
  const hosts = nodes.map((node) => node.slice(node.indexOf("@") + 1));
  if (scheme === "redis-sentinel") {
    if (path === "") throw new TypeError("a redis-sentinel URL ends with the master's name: /name");
    return { mode: "sentinel", sentinels: parseHosts(hosts, SENTINEL_PORT), name: path, access };
  }
  if (cluster) return { mode: "cluster", nodes: parseHosts(hosts, REDIS_PORT), access };
  const [node, ...others] = parseHosts(hosts, REDIS_PORT);
  if (node === undefined || others.length > 0) {
    throw new TypeError(
      "several Redis nodes are a Cluster: say so (REDIS_CLUSTER=1, QUEUE_CLUSTER=1), or name one",
    );
  }
  if (!/^[0-9]*$/.test(path)) throw new TypeError("the path of a Redis URL is the database's number");
  return { mode: "single", ...node, db: Number(path), access };
}

/**
 * The hosts of a URL that names no password: whoever can reach one of them can read and change every tenant's data.
 * Empty where there is a password.
 * @throws {TypeError} when the URL cannot be understood.
 */
export function hostsWithoutPassword(url: string, cluster = false): readonly string[] {
  const address = parseRedisUrl(url, cluster);
  if (address.access.password !== undefined) return [];
  if (address.mode === "single") return [address.host];
  return (address.mode === "cluster" ? address.nodes : address.sentinels).map(({ host }) => host);
}

/** Each node may repeat the scheme: `redis://a:1,redis://b:2` and `redis://a:1,b:2` are the same list. */
function withoutScheme(node: string): string {
  return node.trim().replace(/^rediss?:\/\//, "");
}

/** User and password are the first node's and hold for all. */
function credentialsOf(node: string): Pick<RedisAccess, "username" | "password"> {
  const at = node.indexOf("@");
  if (at === -1) return {};
  const [username = "", password = ""] = splitOnce(node.slice(0, at), ":").map(decodeURIComponent);
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function parseHosts(nodes: readonly string[], defaultPort: number): HostAndPort[] {
  return nodes.map((node) => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s/:@[\]]+))(?::([0-9]{1,5}))?\/?$/.exec(node);
    const host = match?.[1] ?? match?.[2];
    if (host === undefined) throw new TypeError("a Redis node is written host or host:port");
    return { host, port: match?.[3] === undefined ? defaultPort : Number(match[3]) };
  });
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
