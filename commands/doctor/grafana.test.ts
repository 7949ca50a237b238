import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkGrafana } from "./grafana.ts";

let folder: string;
let server: Server | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "offing-grafana-"));
  writeFileSync(join(folder, "password"), "s3cret\n");
});
afterEach(() => server?.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers as Grafana documents it: there is none that the test machines can get. */
async function grafana(answer: (path: string) => readonly [number, unknown]): Promise<string> {
  server = createServer((request, response) => {
    const granted = request.headers.authorization === `Basic ${Buffer.from("admin:s3cret").toString("base64")}`;
    const [status, body] = granted ? answer(request.url ?? "") : [401, { message: "Invalid username or password" }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("every provisioned data source is asked", async () => {
  const asked: string[] = [];
  const url = await grafana((path) => {
    asked.push(path);
    return [200, { status: "OK", message: "" }];
  });
  const finding = await checkGrafana({ url, passwordFile: join(folder, "password") });
  expect(finding.verdict).toBe("ok");
  expect(asked).toEqual(expect.arrayContaining(["/api/datasources/uid/prometheus/health", "/api/datasources/uid/loki/health"]));
});

test("a data source that is ill, one that is missing and a wrong password are told apart", async () => {
  const ill = await grafana((path) => (path.includes("/loki/") ? [400, { message: "connection refused" }] : [200, {}]));
  expect(await checkGrafana({ url: ill, passwordFile: join(folder, "password") })).toMatchObject({
    verdict: "broken",
    detail: "loki: 400 connection refused",
    mend: expect.stringContaining("defaults.env"),
  });
  server?.close();
  const empty = await grafana(() => [404, { message: "Data source not found" }]);
  expect(await checkGrafana({ url: empty, passwordFile: join(folder, "password") })).toMatchObject({
    mend: expect.stringContaining("mount"),
  });
  writeFileSync(join(folder, "other"), "guess");
  expect(await checkGrafana({ url: empty, passwordFile: join(folder, "other") })).toMatchObject({
    mend: expect.stringContaining("password"),
  });
});

test("without Grafana it is said and is no failure", async () => {
  expect(await checkGrafana({ url: null, passwordFile: "" })).toMatchObject({ verdict: "absent" });
});
