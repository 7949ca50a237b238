/** How ./offing starts Node; the launcher itself and the image of the emitters say the same in their own languages. */
export const LAUNCH: Launch = {
  flags: ["--max-semi-space-size=8", "--heap-growing-percent=30"],
  env: { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "131072" },
};

/** Flags of Node, and what stands in its environment. */
export interface Launch {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
