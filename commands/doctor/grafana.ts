import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ask } from "./ask.ts";
import type { Finding } from "./report.ts";

/** How Grafana is asked. */
export interface GrafanaAccess {
  /** Null where there is none. */
  readonly url: string | null;
  /** Where the administrator's password stands. */
  readonly passwordFile: string;
}

const ROOT = join(import.meta.dirname, "../..");
const dataSourcesShape = z.object({ datasources: z.array(z.object({ uid: z.string(), type: z.string() })) });

/**
 * Asks Grafana for the health of every data source that this repository provisions.
 *
 * @see https://grafana.com/docs/grafana/latest/developers/http_api/data_source/#check-data-source-health
 */
export async function checkGrafana({ url, passwordFile }: GrafanaAccess): Promise<Finding> {
  const check = "data sources in Grafana";
  if (url === null)
    return { check, verdict: "absent", detail: "there is no Grafana here; `./offing preview` draws the dashboards without it" };
  const password = readPassword(passwordFile);
  if (password === null) {
    return { check, verdict: "broken", detail: `${passwordFile} cannot be read`, mend: "Name the file with --grafana-password-file." };
  }
  const headers = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}` };
  const sources = provisionedSources();
  for (const { uid, type } of sources) {
    // Alertmanager's data source lives in the browser alone and has no health of its own: it is asked through Grafana's proxy.
    const path = type === "alertmanager" ? `proxy/uid/${uid}/api/v2/status` : `uid/${uid}/health`;
    const answer = await ask(`${url}/api/datasources/${path}`, { headers });
    if (answer.status === 200) continue;
    const reason = answer.status === 0 ? "Grafana does not answer" : `${answer.status} ${messageOf(answer.text)}`;
    return { check, verdict: "broken", detail: `${uid}: ${reason}`, mend: mendOf(answer.status, uid) };
  }
  return { check, verdict: "ok", detail: `${sources.map(({ uid }) => uid).join(", ")} at ${url}` };
}

function provisionedSources(): readonly { readonly uid: string; readonly type: string }[] {
  const text = readFileSync(join(ROOT, "observability/grafana/provisioning/datasources/offing.yaml"), "utf8");
  return dataSourcesShape.parse(parse(text)).datasources;
}

function mendOf(status: number, uid: string): string {
  if (status === 401)
    return "The password file and Grafana disagree: it counts at the first start only; `grafana cli admin reset-admin-password` sets it anew.";
  if (status === 404) return "Grafana has not read observability/grafana/provisioning: mount it at /etc/grafana/provisioning.";
  if (status === 0) return "Start Grafana; its log says why it went.";
  return `Grafana cannot reach ${uid}: check its address in the environment of Grafana (observability/grafana/provisioning/defaults.env).`;
}

function messageOf(text: string): string {
  return /"message":\s*"([^"]{0,200})/.exec(text)?.[1] ?? "";
}

function readPassword(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}
