import { parse } from "yaml";
import { z } from "zod";

const service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  privileged: z.boolean().default(false),
  network_mode: z.string().optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).default([]),
  mem_limit: z.string().optional(),
  cpus: z.number().optional(),
  pids_limit: z.number().optional(),
  logging: z.looseObject({ options: z.record(z.string(), z.string()) }).optional(),
  healthcheck: z.looseObject({ disable: z.boolean().optional(), test: z.array(z.string()).optional() }).optional(),
});
const file = z.looseObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) });

type Service = z.output<typeof service>;

/** What a service may do otherwise, and why. A rule without an entry holds for every service. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  permissions: {
    user: "only root may give a folder to another user; it has that one capability, no network, and ends at once",
    cap_add: "it changes an owner",
    health: "it ends at once",
  },
  collector: { health: "the image holds one program and no way to ask it; doctor asks from the host" },
  tempo: { health: "the image has nothing to ask with; doctor asks from the host" },
  kafka: { read_only: "its start script writes the configuration below its root" },
};

/** Named volumes whose size nothing bounds, and why that is right. */
const UNBOUNDED: Readonly<Record<string, string>> = {
  alerts: "a ledger is the truth",
  chain: "a ledger is the truth",
  node: "how far the log was read, and totals",
  postgres: "a ledger is the truth",
  grafana: "users and preferences; dashboards are files",
  alertmanager: "silences, bounded by --data.retention",
};

/** What bounds the data of each other named volume: a text that must stand in the service's command, environment or configuration. */
const BOUNDS: Readonly<Record<string, RegExp>> = {
  prometheus: /retention\.size=/,
  loki: /retention_period/,
  tempo: /block_retention/,
  collector: /queue_size/,
  kafka: /RETENTION_BYTES/,
};

/**
 * Every way in which a compose file breaks the rules of this repository: least rights, limits, loopback, health, bounded data.
 *
 * @param configurations - the text of the configuration files that a service mounts, by service
 */
export function composeFaults(text: string, configurations: Readonly<Record<string, string>> = {}): readonly string[] {
  const { services, volumes } = file.parse(parse(text, { merge: true }));
  const bounded = Object.keys(volumes).filter((volume) => UNBOUNDED[volume] === undefined);
  return [
    ...Object.entries(services).flatMap(([name, one]) =>
      faultsOf(one)
        .filter(([rule]) => EXCEPTIONS[name]?.[rule] === undefined)
        .map(([rule, problem]) => `${name}: ${rule}: ${problem}`),
    ),
    ...bounded
      .filter((volume) => !isBounded(volume, services, configurations))
      .map((volume) => `${volume}: retention: nothing bounds its data`),
  ];
}

type Fault = readonly [rule: string, problem: string];

function faultsOf(one: Service): Fault[] {
  const rules: readonly (readonly [rule: string, holds: boolean, problem: string])[] = [
    ["image", /:v?\d/.test(one.image), `${one.image} has no version`],
    ["user", one.user !== undefined && !/^(0|root)(:|$)/.test(one.user), "runs as root or as whoever the image says"],
    ["read_only", one.read_only === true, "its root can be written"],
    ["cap_drop", one.cap_drop.includes("ALL"), "keeps capabilities"],
    ["cap_add", one.cap_add.length === 0, `takes ${one.cap_add.join(", ")}`],
    ["security_opt", one.security_opt.includes("no-new-privileges:true"), "may gain privileges"],
    ["privileged", !one.privileged && one.network_mode !== "host", "is privileged or in the host's network"],
    ["mem_limit", one.mem_limit !== undefined, "has no limit of memory"],
    ["cpus", one.cpus !== undefined, "has no limit of cpu"],
    ["pids_limit", one.pids_limit !== undefined, "has no limit of processes"],
    ["logging", one.logging?.options["max-size"] !== undefined && one.logging.options["max-file"] !== undefined, "its log is not rotated"],
    ["health", one.healthcheck?.test !== undefined, "nothing says whether it is well"],
  ];
  return [
    ...rules.filter(([, holds]) => !holds).map(([rule, , problem]): Fault => [rule, problem]),
    ...one.ports.filter((port) => !port.startsWith("127.0.0.1:")).map((port): Fault => ["ports", `${port} is not on loopback`]),
    ...one.volumes
      .filter((volume) => /docker\.sock|^\/(?:etc|proc|sys|var)?:/.test(volume))
      .map((volume): Fault => ["volumes", `mounts ${volume}`]),
    ...Object.entries(one.environment)
      .filter(isSecret)
      .map(([key]): Fault => ["secrets", `${key} is a secret in the environment`]),
  ];
}

function isSecret([key, value]: readonly [string, string]): boolean {
  return /PASSWORD|TOKEN|SECRET|API_?KEY/.test(key) && !/_FILE$/.test(key) && !value.startsWith("/run/secrets/");
}

function isBounded(volume: string, services: Readonly<Record<string, Service>>, configurations: Readonly<Record<string, string>>): boolean {
  const bound = BOUNDS[volume];
  const one = services[volume];
  if (bound === undefined || one === undefined) return false;
  return bound.test([...one.command, ...Object.keys(one.environment), configurations[volume] ?? ""].join("\n"));
}
