/** One thing that is wrong, and where. */
export interface Finding {
  readonly file: string;
  /** The panel, alert or name that is meant. */
  readonly place: string;
  readonly problem: string;
}

/** Makes findings for one file. */
export function findingsIn(file: string): (place: string, problem: string) => Finding {
  return (place, problem) => ({ file, place, problem });
}
