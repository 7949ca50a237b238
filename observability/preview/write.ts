import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takePictures } from "./pictures.ts";
import type { Preview } from "./preview.ts";

/** Writes the page, and the pictures when they are wanted; gives the files. Throws TOOL_NOT_FOUND for pictures without a Chromium. */
export async function writePreview(
  { page, dashboards }: Preview,
  { folder, png }: { readonly folder: string; readonly png: boolean },
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "index.html");
  writeFileSync(file, page);
  const pictures = png ? await takePictures(file, { folder, uids: dashboards.map(({ dashboard }) => dashboard.uid) }) : [];
  return [file, ...pictures];
}
