/** What one check or hop came to. `absent` is a part this stack does not have: said, never a failure. */
export interface Finding {
  readonly check: string;
  readonly verdict: "ok" | "broken" | "absent";
  /** What was seen. */
  readonly detail: string;
  /** What to do; there when it is broken. */
  readonly mend?: string;
}

/** Everything one run of doctor saw. */
export interface DoctorReport {
  readonly ok: boolean;
  /** The id on the canary's span, log record and exemplar; its trace id. */
  readonly canary: string;
  /** The check to look at first: the first broken hop of the canary, else the first broken check of the machine. */
  readonly firstBroken: string | null;
  readonly machine: readonly Finding[];
  /** In the order in which telemetry passes them. */
  readonly hops: readonly Finding[];
}

/** Puts a report together. A broken hop is told before a broken check of the machine: it is what the operator came for. */
export function reportOf(found: Pick<DoctorReport, "canary" | "machine" | "hops">): DoctorReport {
  const broken = [...found.hops, ...found.machine].filter(({ verdict }) => verdict === "broken");
  return { ok: broken.length === 0, firstBroken: broken[0]?.check ?? null, ...found };
}

/** The report for a person. */
export function renderReport(report: DoctorReport): string {
  const all = [...report.machine, ...report.hops];
  const width = Math.max(...all.map(({ check }) => check.length));
  const line = ({ check, verdict, detail }: Finding): string => `  ${SIGNS[verdict]} ${check.padEnd(width)}  ${detail}`;
  const first = all.find(({ check }) => check === report.firstBroken);
  return [
    "The machine",
    ...report.machine.map(line),
    `The canary ${report.canary}`,
    ...report.hops.map(line),
    "",
    ...(first === undefined
      ? ["Every hop is whole."]
      : [`First broken: ${first.check}: ${first.detail}`, `  mend: ${first.mend ?? "see above"}`]),
    ...all
      .filter((finding) => finding.verdict === "broken" && finding !== first)
      .map(({ check, mend }) => `  then ${check}: ${mend ?? "see above"}`),
    "",
  ].join("\n");
}

const SIGNS: Readonly<Record<Finding["verdict"], string>> = { ok: "✓", broken: "✗", absent: "·" };
