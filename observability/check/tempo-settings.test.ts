import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { PINS } from "../../stack/tool-pins.ts";
import { tempoProblems } from "./tempo-settings.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TEXT = readFileSync(join(ROOT, "observability/tempo/tempo.yaml"), "utf8");

test("every field of tempo.yaml is one that Tempo documents, at the version that runs", () => {
  expect(tempoProblems(TEXT)).toEqual([]);
  const documented = /^# Version: (\d+\.\d+)/m.exec(readFileSync(join(import.meta.dirname, "tempo-settings.yaml"), "utf8"))?.[1];
  const compose = parse(readFileSync(join(ROOT, "compose.local.yaml"), "utf8"), { merge: true }) as {
    services: { tempo: { image: string } };
  };
  const image = compose.services.tempo.image.split(":")[1];
  const pinned = PINS.find(({ name }) => name === "tempo")?.version;
  expect([image, pinned].map((version) => version?.split(".").slice(0, 2).join("."))).toEqual([documented, documented]);
});

test.each([
  [
    "a block that 3.0 removed",
    "usage_report:",
    "ingester: { max_block_duration: 5m }\nusage_report:",
    "ingester: Tempo's documentation has no such key",
  ],
  [
    "a key that is misspelt",
    "block_retention: 720h",
    "block_retentions: 720h",
    "backend_worker.compaction.block_retentions: Tempo's documentation",
  ],
  ["a key in another block", "local_work_path", "local_path", "backend_scheduler.local_path: Tempo's documentation"],
  ["a key of an item", "send_exemplars", "send_examples", "metrics_generator.storage.remote_write.send_examples"],
  ["a processor that 3.0 removed", "[service-graphs, span-metrics]", "[service-graphs, local-blocks]", "Tempo has no local-blocks"],
  ["no service graph", "[service-graphs, span-metrics]", "[span-metrics]", "processors.0: is span-metrics"],
  ["figures without their traces", "send_exemplars: true", "send_exemplars: false", "send_exemplars: is false"],
  ["figures that go nowhere", "/api/v1/write", "/api/v1/push", "remote_write.0.url"],
  ["no retention", "compaction: { block_retention: 720h }", "compaction: { compaction_cycle: 30s }", "block_retention: is undefined"],
  ["a report home", "reporting_enabled: false", "reporting_enabled: true", "usage_report.reporting_enabled: is true"],
  ["a door beyond loopback", "grpc_listen_address: 127.0.0.1", "grpc_listen_address: 0.0.0.0", "server.grpc_listen_address: is 0.0.0.0"],
])("a planted fault is found: %s", (_, good, bad, problem) => {
  expect(TEXT).toContain(good);
  expect(tempoProblems(TEXT.replace(good, bad)).join("\n")).toContain(problem);
});
