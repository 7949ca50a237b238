import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files in PEM: an authority, and a server and a client that it vouches for. */
export interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

/** Whether certificates can be made here. */
export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Makes an authority of its own in `folder`, and certificates for 127.0.0.1 that are good for a day. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string): string => join(folder, name);
  const key = (name: string): readonly string[] => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    path(`${name}.key`),
  ];
  openssl(["req", "-x509", ...key("ca"), "-out", path("ca.pem"), "-days", "1", "-subj", "/CN=test authority"]);
  for (const name of ["server", "client"]) {
    const names = name === "server" ? "subjectAltName=IP:127.0.0.1,DNS:localhost" : "extendedKeyUsage=clientAuth";
    writeFileSync(path(`${name}.ext`), `${names}\n`);
    openssl(["req", ...key(name), "-out", path(`${name}.csr`), "-subj", `/CN=${name}`]);
    const authority = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial"];
    openssl([
      "x509",
      "-req",
      "-in",
      path(`${name}.csr`),
      ...authority,
      "-days",
      "1",
      "-extfile",
      path(`${name}.ext`),
      "-out",
      path(`${name}.pem`),
    ]);
  }
  return {
    ca: path("ca.pem"),
    serverCert: path("server.pem"),
    serverKey: path("server.key"),
    clientCert: path("client.pem"),
    clientKey: path("client.key"),
  };
}

/** The text of a PEM file. */
export function pem(file: string): string {
  return readFileSync(file, "utf8");
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
