import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { Secret } from "#core/config/secret.ts";
import { duration, filePath, secretFile, secretUrl } from "#core/config/types.ts";
import { readYaml } from "#core/config/yaml.ts";
import { type Config, configDigest, ledgerLocation, loadConfig, renderConfig, revealCollector } from "#core/config.ts";
import { exitCodeOf, OffingError } from "#core/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "offing-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chain = z.strictObject({
  chain_id: z.int().min(1).default(1),
  rpc: z.strictObject({ urls: z.array(secretUrl()).min(1), timeout: duration().prefault("10s") }).optional(),
  abi_file: filePath().optional(),
});
const sections = { chain };

interface Given {
  readonly set?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

let count = 0;
function load(text: string, given: Given = {}): Config<typeof sections> {
  count += 1;
  const at = join(folder, String(count));
  for (const [name, content] of Object.entries({ "offing.yaml": text, ...given.files })) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), content, { mode: 0o600 });
  }
  return loadConfig({ path: join(at, "offing.yaml"), sections, set: given.set ?? [], environment: given.environment ?? {} });
}

/** The faults, each beginning with its line and column. */
function faults(text: string, given: Given = {}): readonly string[] {
  try {
    load(text, given);
  } catch (error) {
    if (!(error instanceof OffingError)) throw error;
    expect(error.code).toBe("CONFIG_INVALID");
    expect(exitCodeOf(error)).toBe(2);
    const lines = error.message.split("\n  ").slice(1);
    expect(error.context["faults"]).toBe(lines.length);
    return lines.map((line) => line.replace(/^\S*?offing\.yaml:/u, ""));
  }
  return [];
}

test("an almost empty file gives every default", () => {
  const config = load("chain: {}\n");
  expect(config).toEqual({
    environment: "local",
    ledger: { sqlite: join(folder, String(count), "data/chain.db") },
    collector: {
      url: "http://127.0.0.1:4318",
      protocol: "http/protobuf",
      compression: "none",
      headers: {},
      timeoutMs: 10_000,
      intervalMs: 5_000,
    },
    http: { host: "127.0.0.1", port: 9470 },
    backends: { prometheus: "http://127.0.0.1:9090", loki: "http://127.0.0.1:3100" },
    chain: { chain_id: 1 },
    warnings: [],
  });
});

test("every key is read", () => {
  const config = load(
    `environment: production
ledger: { postgres: { url_file: secrets/db, schema: chain_a } }
collector: { url: "https://collector.example:4318/", headers: { X-Tenant: a }, headers_file: secrets/headers, timeout: 500ms, interval: 1m, ca_file: ca, cert_file: cert, key_file: secrets/key, allow: [a.b] }
http: { listen: "0.0.0.0:0", token_file: secrets/token }
backends: { prometheus: "http://p:1/", loki: "http://l:2", tempo: "http://t:3" }
chain: { chain_id: 31337, rpc: { urls: ["https://rpc.example/key"], timeout: 2s }, abi_file: abi/psm.json }
funding: { anything: goes }
`,
    {
      files: {
        "secrets/db": "  postgres://u:p@db/x\n",
        "secrets/headers": "# of the gateway\nAuthorization: Bearer a:b\n\n",
        "secrets/token": "t0ken\n",
        ca: "CA",
        cert: "CERT",
        "secrets/key": "KEY",
      },
    },
  );
  const at = join(folder, String(count));
  expect(ledgerLocation(config.ledger)).toEqual({ postgresUrl: "postgres://u:p@db/x", schema: "chain_a" });
  expect(revealCollector(config.collector)).toEqual({
    url: "https://collector.example:4318",
    protocol: "http/protobuf",
    compression: "gzip",
    headers: { "X-Tenant": "a", Authorization: "Bearer a:b" },
    tls: { ca: "CA", cert: "CERT", key: "KEY" },
    redaction: { allow: ["a.b"] },
    timeoutMs: 500,
    intervalMs: 60_000,
  });
  expect(config.http).toMatchObject({ host: "0.0.0.0", port: 0 });
  expect(config.http.token?.reveal()).toBe("t0ken");
  expect(config.backends).toEqual({ prometheus: "http://p:1", loki: "http://l:2", tempo: "http://t:3" });
  expect(config.chain.rpc?.urls[0]?.reveal()).toBe("https://rpc.example/key");
  expect(config.chain).toMatchObject({ chain_id: 31337, rpc: { timeout: 2_000 }, abi_file: join(at, "abi/psm.json") });
  expect("funding" in config).toBe(false);
});

interface Case {
  readonly fault: string;
  readonly text: string;
  readonly says: readonly string[];
  readonly given?: Given;
}

const REFUSED: readonly Case[] = [
  { fault: "a misspelt section", text: "chain: {}\ncolector: {}\n", says: ["2:1 colector: is not known; did you mean `collector`?"] },
  {
    fault: "a misspelt key",
    text: "chain: {}\nhttp:\n  lisen: 127.0.0.1:1\n",
    says: ["3:3 http.lisen: is not known; did you mean `listen`?"],
  },
  {
    fault: "a key near no other",
    text: "chain: {}\nhttp:\n  colour: red\n",
    says: ["3:3 http.colour: is not known; known here: listen, token_file"],
  },
  { fault: "a missing section", text: "environment: x\n", says: ["1:1 chain: is missing"] },
  { fault: "a missing key", text: "chain:\n  rpc:\n    timeout: 1s\n", says: ["2:3 chain.rpc.urls: is missing"] },
  { fault: "an empty value", text: "chain:\n  chain_id:\n", says: ["2:3 chain.chain_id: is missing"] },
  { fault: "a number for text", text: "chain: {}\nenvironment: 5\n", says: ["2:14 environment: must be text"] },
  { fault: "text for a number", text: "chain: { chain_id: one }\n", says: ["1:20 chain.chain_id: must be a number"] },
  {
    fault: "a list entry that is no URL",
    text: "chain:\n  rpc:\n    urls:\n      - http://a\n      - b\n",
    says: ["5:9 chain.rpc.urls[1]: must be a URL with http or https"],
  },
  {
    fault: "a URL of another protocol",
    text: "chain: {}\ncollector: { url: ftp://x }\n",
    says: ["2:19 collector.url: must be a URL with http or https, not ftp"],
  },
  {
    fault: "a password in a plain URL",
    text: "chain: {}\ncollector: { url: http://u:hunter2@x }\n",
    says: ["2:19 collector.url: must not hold a user name or a password"],
  },
  {
    fault: "a duration without a unit",
    text: "chain: {}\ncollector:\n  timeout: 10\n",
    says: ["3:12 collector.timeout: needs a unit, such as 10s or 500ms"],
  },
  {
    fault: "a duration that is none",
    text: "chain: {}\ncollector:\n  timeout: soon\n",
    says: ["3:12 collector.timeout: must be a duration such as 500ms, 10s, 5m, 1h or 7d"],
  },
  {
    fault: "a duration too short",
    text: "chain: {}\ncollector:\n  interval: 99ms\n",
    says: ["3:13 collector.interval: must be at least 100ms"],
  },
  {
    fault: "two ledgers",
    text: "chain: {}\nledger:\n  sqlite: a.db\n  postgres: { url: postgres://x/y }\n",
    says: ["3:3 ledger: must have one of `sqlite` and `postgres`"],
  },
  { fault: "a ledger without a place", text: "chain: {}\nledger: {}\n", says: ["2:9 ledger: must have one of `sqlite` and `postgres`"] },
  {
    fault: "a postgres ledger without a URL",
    text: "chain: {}\nledger: { postgres: {} }\n",
    says: ["2:21 ledger.postgres: must have one of `url` and `url_file`"],
  },
  {
    fault: "a file that holds no URL",
    text: "chain: {}\nledger: { postgres: { url_file: s } }\n",
    given: { files: { s: "mysql://x" } },
    says: ["2:33 ledger.postgres.url_file: names a file that holds no postgres URL"],
  },
  {
    fault: "a missing secret file",
    text: "chain: {}\nhttp: { token_file: gone }\n",
    says: ["2:21 http.token_file: names a file that is not there"],
  },
  {
    fault: "an empty secret file",
    text: "chain: {}\nhttp: { token_file: empty }\n",
    given: { files: { empty: " \n" } },
    says: ["2:21 http.token_file: names a file that is empty"],
  },
  {
    fault: "a secret file that is a folder",
    text: "chain: {}\nhttp: { token_file: . }\n",
    says: ["2:21 http.token_file: names a file that cannot be read"],
  },
  {
    fault: "a header line that is none",
    text: "chain: {}\ncollector: { headers_file: h }\n",
    given: { files: { h: "Bearer x" } },
    says: ["2:28 collector.headers_file: names a file with a line that is no `Name: value`"],
  },
  {
    fault: "a header name that is none",
    text: "chain: {}\ncollector: { headers: { a b: c } }\n",
    says: ["2:25 collector.headers.a b: key is no header name"],
  },
  ...["0.0.0.0:9470", "192.168.1.5:9470", "[::]:9470", "example.org:80"].map((listen) => ({
    fault: `listening at ${listen} without a token`,
    text: `chain: {}\nhttp: { listen: "${listen}" }\n`,
    says: ["2:17 http.listen: is beyond loopback and needs a `token_file`, so that nobody reads without leave"],
  })),
  ...["9470", "localhost", "127.0.0.1:65536", "127.0.0.1:", "::1:80"].map((listen) => ({
    fault: `listening at ${listen}`,
    text: `chain: {}\nhttp: { listen: "${listen}" }\n`,
    says: ["2:17 http.listen: must be HOST:PORT, such as 127.0.0.1:9470"],
  })),
  {
    fault: "a variable that is not set",
    text: `chain: {}\nenvironment: ${"$"}{env:NONE}\n`,
    says: [`2:14 environment: needs the environment variable NONE, which is not set; set it or write \`${"$"}{env:NONE:-default}\``],
  },
  {
    fault: "a required value whose variable is not set",
    text: `chain: { rpc: { urls: "${"$"}{env:NONE}" } }\n`,
    says: [`1:23 chain.rpc.urls: needs the environment variable NONE, which is not set; set it or write \`${"$"}{env:NONE:-default}\``],
  },
  { fault: "a repeated key", text: "chain: {}\nhttp: {}\nchain: {}\n", says: ["3:1 Map keys must be unique"] },
  { fault: "a tab", text: "chain:\n\tchain_id: 1\n", says: ["2:1 Tabs are not allowed as indentation"] },
  {
    fault: "a bracket that is not closed",
    text: "chain: { rpc: [\n",
    says: [
      "2:1 Flow sequence in block collection must be sufficiently indented and end with a ]",
      "2:1 Flow map in block collection must be sufficiently indented and end with a }",
    ],
  },
  { fault: "a tag of one's own", text: "chain: !mine {}\n", says: ["1:8 Unresolved tag: !mine"] },
  { fault: "two documents", text: "chain: {}\n---\nchain: {}\n", says: ["2:1 holds more than one YAML document"] },
  { fault: "an anchor that is not there", text: "chain: *gone\n", says: ["1:8 chain: names an anchor that is not there"] },
  {
    fault: "a number too large for a number",
    text: "chain: { chain_id: 12345678901234567890 }\n",
    says: ["1:20 chain.chain_id: is a number too large to be kept exactly; write it in quotes"],
  },
  { fault: "a list for the whole", text: "- chain\n", says: ["1:1 must be a map of keys"] },
  {
    fault: "a value on the command line",
    text: "chain: {}\n",
    given: { set: ["collector.timeout=5", "nothing"] },
    says: [
      "--set:1:1 collector.timeout: needs a unit, such as 10s or 500ms",
      "--set:2:1 must be KEY=VALUE, such as collector.url=http://127.0.0.1:4318",
    ],
  },
];

test.for(REFUSED)("$fault", ({ text, says, given }) => {
  expect(faults(text, given)).toEqual(says);
});

test("every fault is said at once, in the order of the file", () => {
  const text =
    "environment: 1\nledger: { postgres: { schema: A-B } }\ncolector: {}\nhttp: { listen: 0.0.0.0:1, tokn_file: x }\nchain:\n  chain_id: 0\n  rpc: { urls: [x, http://y, 7] }\n";
  expect(faults(text).map((line) => line.split(": ")[0])).toEqual(
    [
      "1:14 environment",
      "2:31 ledger.postgres.schema",
      "3:1 colector",
      "4:17 http.listen",
      "4:28 http.tokn_file",
      "6:13 chain.chain_id",
      "7:17 chain.rpc.urls[0]",
      "7:30 chain.rpc.urls[2]",
    ].sort((a, b) => Number(a.split(":")[0]) - Number(b.split(":")[0])),
  );
});

test("an alias that grows without end is refused, an honest one is read", () => {
  const bomb = [
    "a: &a [x, x, x, x, x, x, x, x, x, x]",
    ..."bcdefgh"
      .split("")
      .map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${"abcdefgh"[index]}`).join(", ")}]`),
  ];
  expect(faults(bomb.join("\n")).join("\n")).toContain("grows past 50000 values");
  expect(faults("chain: &a\n  rpc: *a\n").join("\n")).toContain("is nested deeper than 64");
  expect(load("environment: &name x\nchain: {}\nledger: { sqlite: *name }\n").ledger).toEqual({ sqlite: join(folder, String(count), "x") });
});

test("an anchor given twice means what was written last before the alias", () => {
  const text =
    "environment: &x one\nledger: &l { sqlite: *x }\nhttp: { listen: &x 127.0.0.1:0 }\nbackends: {}\nchain: { names: [*x, *l] }\n";
  const yaml = readYaml({ file: "f", text });
  expect(JSON.parse(JSON.stringify(yaml.value))).toMatchObject({ chain: { names: ["127.0.0.1:0", { sqlite: "one" }] } });
});

test("text that is deep, long or no UTF-8 is a fault with a place", () => {
  for (const deep of ["[", "{a: ", "- "]) expect(faults(deep.repeat(20_000))[0]).toMatch(/^1:\d+ /u);
  expect(faults(`chain: {}\n#${"x".repeat(1_000_000)}`)).toEqual(["1:1 is larger than a megabyte"]);
  const path = join(folder, "latin1.yaml");
  writeFileSync(path, Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  expect(() => loadConfig({ path, sections })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test("a missing file is CONFIG_NOT_FOUND and exit 2, a folder CONFIG_INVALID", () => {
  const read = (path: string): unknown => {
    try {
      return loadConfig({ path, sections });
    } catch (error) {
      return error;
    }
  };
  const missing = read(join(folder, "none/offing.yaml"));
  expect(missing).toMatchObject({ code: "CONFIG_NOT_FOUND" });
  expect(exitCodeOf(missing)).toBe(2);
  expect(read(folder)).toMatchObject({ code: "CONFIG_INVALID" });
});

test("variables fill values: a plain number is a number, a quoted one is text", () => {
  const place = "$".concat("{env:X}");
  expect(load(`chain: \n  chain_id: ${place}\n`, { environment: { X: "31337" } }).chain.chain_id).toBe(31337);
  expect(load(`chain: {}\nenvironment: "${place}"\n`, { environment: { X: "31337" } }).environment).toBe("31337");
  expect(load(`chain: {}\nenvironment: ${place}\n`, { environment: { X: "0xabc" } }).environment).toBe("0xabc");
  expect(load(`chain: {}\nenvironment: a$$b\n`).environment).toBe("a$b");
});

test("another emitter's section is not read, not even its variables", () => {
  expect(load(`chain: {}\nfunding: { url: "${"$"}{env:NONE}" }\n`).environment).toBe("local");
});

test("values of the command line stand over the file's", () => {
  const config = load("chain: { rpc: { urls: [http://a, http://b] } }\ncollector: { url: https://x }\n", {
    set: ["collector.url=http://127.0.0.1:1", "http.listen=127.0.0.1:0", "chain.chain_id=7", "chain.rpc.urls.1=http://c?a=b"],
  });
  expect(config.collector.url).toBe("http://127.0.0.1:1");
  expect(config.http.port).toBe(0);
  expect(config.chain.chain_id).toBe(7);
  expect(config.chain.rpc?.urls.map((url) => url.reveal())).toEqual(["http://a", "http://c?a=b"]);
});

test("a secret that others may read is a warning, not a fault", () => {
  const at = join(folder, "open");
  mkdirSync(at);
  writeFileSync(join(at, "token"), "t0ken");
  chmodSync(join(at, "token"), 0o644);
  writeFileSync(join(at, "offing.yaml"), "chain: {}\nhttp: { token_file: token }\n");
  const { warnings } = loadConfig({ path: join(at, "offing.yaml"), sections });
  expect(warnings).toEqual(["token holds a secret and others may read it (mode 644); chmod 600 mends it"]);
});

test("the digest changes with what is configured and not with a secret's value", () => {
  const digest = (environment: string, key: string): string =>
    configDigest(load(`environment: ${environment}\nledger: { sqlite: /l.db }\ncollector: { headers: { k: ${key} } }\nchain: {}\n`));
  expect(digest("test", "one")).toMatch(/^[0-9a-f]{12}$/);
  expect(digest("test", "one")).toBe(digest("test", "two"));
  expect(digest("test", "one")).not.toBe(digest("live", "one"));
});

test("no secret is shown, however it is printed, and none in a fault", () => {
  const secret = "hunter2";
  const config = load(
    `ledger: { postgres: { url: "postgres://u:${secret}@db/x" } }\ncollector: { headers: { k: ${secret} } }\nchain: { rpc: { urls: ["https://x.example/v3/${secret}"] } }\n`,
  );
  const plain = { rpc: [`https://x.example/v3/${secret}`, `wss://x.example?key=${secret}`, "http://127.0.0.1:8545"], wei: 10n ** 20n };
  const printed = [
    renderConfig(config),
    JSON.stringify(config),
    inspect(config, { depth: 9 }),
    String(config.chain.rpc?.urls),
    renderConfig(plain),
  ].join("\n");
  expect(printed).not.toContain(secret);
  expect(printed).toContain("[secret]");
  expect(printed).toContain("https://x.example/[secret]");
  expect(printed).toContain("http://127.0.0.1:8545");
  expect(renderConfig(config)).toContain("timeoutMs: 10000");
  expect(new Secret(secret).reveal()).toBe(secret);
  const said = faults(
    `ledger: { postgres: { url: "mysql://u:${secret}@db" } }\ncollector: { url: "http://u:${secret}@x", headers: [${secret}] }\nchain: { rpc: { urls: "${secret}" } }\n`,
  );
  expect(said).toHaveLength(4);
  expect(said.join("\n")).not.toContain(secret);
  expect(faults(`chain: {}\nhttp: "${secret}" ${secret}\n`).join("\n")).not.toContain(secret);
});

test("secrets may be schemas of their own outside a file", () => {
  expect(secretFile().safeParse(join(folder, "none")).success).toBe(false);
});
