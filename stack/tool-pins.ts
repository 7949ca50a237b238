import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";

/** The programs that the stack runs or its checks use. */
export type ToolName = "prometheus" | "promtool" | "alertmanager" | "amtool" | "loki" | "collector" | "tempo" | "compose";

/** An official release archive and where the programs stand in it. Paths are below the release host. */
export interface Release {
  readonly folder: string;
  readonly archive: string;
  /** File beside the archive with a line `<sha256>  <archive>`. */
  readonly checksums: string;
  /** Path inside the archive by program. */
  readonly members: Readonly<Partial<Record<ToolName, string>>>;
}

/** A Go module of this repository that builds the programs. */
export interface GoModule {
  readonly directory: string;
  readonly packages: Readonly<Partial<Record<ToolName, string>>>;
  readonly tags?: string;
  /** `-X` assignments for the linker, without which the program does not know its version. */
  readonly assignments?: string;
  /** A generated folder that the published module lacks and its code embeds: what stands in for it. */
  readonly embedded?: Embedded;
  /** How long a first build takes on two cores. */
  readonly usual: string;
}

/** A page of ours in the place of a web interface that a project builds only for its releases. */
export interface Embedded {
  /** The module whose code embeds it. */
  readonly module: string;
  /** The embedded file inside that module; it is compressed. */
  readonly path: string;
  /** The page, beside go.mod. */
  readonly page: string;
}

/** Programs that come together, at one version. */
export interface Pin {
  readonly name: string;
  readonly version: string;
  readonly tools: readonly ToolName[];
  /** Names under which a program may stand in PATH, by program. */
  readonly commands: Readonly<Partial<Record<ToolName, readonly string[]>>>;
  readonly release?: Release;
  readonly module?: GoModule;
}

const OS = platform === "darwin" ? "darwin" : "linux";
const ARCH = arch === "arm64" ? "arm64" : "amd64";

/**
 * Every native program at the version that the images of the Docker stack have too.
 *
 * @see docs of each project's releases page for the names of archives and checksum files
 */
export const PINS: readonly Pin[] = [
  prometheus("3.15.0"),
  alertmanager("0.34.2"),
  loki("3.7.8"),
  collector("0.155.0"),
  tempo("3.0.3"),
  compose("2.40.3"),
];

/**
 * The pin that `tool` belongs to.
 */
export function pinOf(tool: ToolName): Pin {
  const pin = PINS.find((candidate) => candidate.tools.includes(tool));
  if (pin === undefined) throw new TypeError(`no pin has the tool ${tool}`);
  return pin;
}

function prometheus(version: string): Pin {
  const folder = `prometheus-${version}.${OS}-${ARCH}`;
  return {
    name: "prometheus",
    version,
    tools: ["prometheus", "promtool"],
    commands: { prometheus: ["prometheus"], promtool: ["promtool"] },
    release: {
      folder: `prometheus/prometheus/releases/download/v${version}`,
      archive: `${folder}.tar.gz`,
      checksums: "sha256sums.txt",
      members: { prometheus: `${folder}/prometheus`, promtool: `${folder}/promtool` },
    },
    module: {
      directory: here("./tools/prometheus"),
      packages: {
        prometheus: "github.com/prometheus/prometheus/cmd/prometheus",
        promtool: "github.com/prometheus/prometheus/cmd/promtool",
      },
      tags: "remove_all_sd",
      assignments: `-X github.com/prometheus/common/version.Version=${version}`,
      usual: "5 to 10 minutes the first time",
    },
  };
}

function alertmanager(version: string): Pin {
  const folder = `alertmanager-${version}.${OS}-${ARCH}`;
  return {
    name: "alertmanager",
    version,
    tools: ["alertmanager", "amtool"],
    commands: { alertmanager: ["alertmanager"], amtool: ["amtool"] },
    release: {
      folder: `prometheus/alertmanager/releases/download/v${version}`,
      archive: `${folder}.tar.gz`,
      checksums: "sha256sums.txt",
      members: { alertmanager: `${folder}/alertmanager`, amtool: `${folder}/amtool` },
    },
    module: {
      directory: here("./tools/alertmanager"),
      packages: {
        alertmanager: "github.com/prometheus/alertmanager/cmd/alertmanager",
        amtool: "github.com/prometheus/alertmanager/cmd/amtool",
      },
      // The module holds the sources of the web interface and not what is built from them.
      embedded: { module: "github.com/prometheus/alertmanager", path: "ui/app/dist/index.html.gz", page: "index.html" },
      assignments: `-X github.com/prometheus/common/version.Version=${version}`,
      usual: "2 to 5 minutes the first time",
    },
  };
}

function loki(version: string): Pin {
  return {
    name: "loki",
    version,
    tools: ["loki"],
    commands: { loki: ["loki"] },
    release: {
      folder: `grafana/loki/releases/download/v${version}`,
      archive: `loki-${OS}-${ARCH}.zip`,
      checksums: "SHA256SUMS",
      members: { loki: `loki-${OS}-${ARCH}` },
    },
    module: {
      directory: here("./tools/loki"),
      packages: { loki: "github.com/grafana/loki/v3/cmd/loki" },
      assignments: `-X github.com/grafana/loki/v3/pkg/util/build.Version=${version}`,
      usual: "5 to 10 minutes the first time",
    },
  };
}

function collector(version: string): Pin {
  return {
    name: "collector",
    version,
    tools: ["collector"],
    commands: { collector: ["otelcol-offing", "otelcol-contrib"] },
    release: {
      folder: `open-telemetry/opentelemetry-collector-releases/releases/download/v${version}`,
      archive: `otelcol-contrib_${version}_${OS}_${ARCH}.tar.gz`,
      checksums: "opentelemetry-collector-releases_otelcol-contrib_checksums.txt",
      members: { collector: "otelcol-contrib" },
    },
    module: {
      directory: here("../collector/distribution"),
      packages: { collector: "." },
      usual: "2 to 4 minutes the first time",
    },
  };
}

/** Docker's compose plugin; only the test of compose.local.yaml asks for it, where the engine has none. */
function compose(version: string): Pin {
  return {
    name: "compose",
    version,
    tools: ["compose"],
    commands: { compose: ["docker-compose"] },
    module: {
      directory: here("./tools/compose"),
      packages: { compose: "github.com/docker/compose/v2/cmd" },
      assignments: `-X github.com/docker/compose/v2/internal.Version=v${version}`,
      usual: "5 minutes the first time",
    },
  };
}

/** Its Go module is not to be had, so only a Tempo that is already on the machine is used. */
function tempo(version: string): Pin {
  return { name: "tempo", version, tools: ["tempo"], commands: { tempo: ["tempo"] } };
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
