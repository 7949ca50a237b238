import type { Loss } from "#contract/generated/node.ts";

/** Which file or stream lines come from. */
export interface Origin {
  /** Stable across renames and restarts; ids of what stands in it begin with it. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** The configured format of its input: a mapping's name, or `auto`. */
  readonly format: string;
  /** How its lines are wrapped. */
  readonly wrap: "none" | "docker" | "journald";
}

/** How far a file was read; kept in the state with what was counted up to there. */
export interface Position {
  readonly path: string;
  readonly inode: string;
  /** Of its first bytes: how many, and their digest. They tell a file from another with its inode, and find its copy. */
  readonly headBytes: number;
  readonly headHash: string;
  readonly offset: number;
  /** Its size when it was last looked at, and when that was. */
  readonly size: number;
  readonly seenMs: number;
  /** It was read to its end and will not grow; it is remembered so that nobody reads it again. */
  readonly done?: boolean;
}

/** How far the journal was read. */
export interface JournalPosition {
  /** The journal's own name of the last entry that was read. */
  readonly cursor: string;
  /** That entries behind it were lost is told already. */
  readonly lost?: boolean;
}

/** What the log's source sees. */
export type NodeObservation =
  | {
      readonly type: "lines";
      readonly origin: Origin;
      /** Whole lines, each with its end; the last may have none when nothing can follow. Valid until the next pull. */
      readonly bytes: Buffer;
      /** Where `bytes` begin. */
      readonly offset: number;
      /** Half a line that stood at the end of the file before, whose position this settles. */
      readonly carried?: { readonly origin: Origin; readonly offset: number; readonly bytes: Buffer; readonly position: Position };
      /** Where to go on once these lines are interpreted. */
      readonly position: Position | JournalPosition;
      readonly atMs: number;
    }
  /** A line longer than is read; it is skipped. */
  | { readonly type: "long"; readonly origin: Origin; readonly bytes: number; readonly position: Position; readonly atMs: number }
  /** A file that is read to its end and will not grow. */
  | { readonly type: "finished"; readonly origin: Origin; readonly position: Position; readonly atMs: number }
  /** What went away unread: at least so many bytes. */
  | {
      readonly type: "lost";
      readonly loss: Loss;
      readonly bytes: number;
      /** The origin of which nothing more comes. */
      readonly finished?: string;
      /** The origin that goes on, and from where. */
      readonly at?: { readonly id: string; readonly position: JournalPosition };
      readonly atMs: number;
    }
  | { readonly type: "tick"; readonly atMs: number; readonly unreadBytes: number };

/** The collection of positions by origin. */
export const POSITIONS = "positions";
