import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withChromium } from "./chromium.ts";

/** Takes a picture of each dashboard of a preview page and gives their files, `<uid>.png` in `folder`. Throws TOOL_NOT_FOUND without a Chromium. */
export async function takePictures(
  page: string,
  { folder, uids, width = 1600 }: { readonly folder: string; readonly uids: readonly string[]; readonly width?: number },
): Promise<readonly string[]> {
  return await withChromium(
    async (browser) => {
      const tab = await browser.newPage();
      await tab.goto(pathToFileURL(page).href);
      const files: string[] = [];
      for (const uid of uids) {
        const file = join(folder, `${uid}.png`);
        // The bar that stays in view while one scrolls would lie over a long dashboard.
        const style = ".top { position: static }";
        await tab.locator(`[data-dashboard="${uid}"]`).screenshot({ path: file, animations: "disabled", style });
        files.push(file);
      }
      return files;
    },
    { width, height: 1000 },
  );
}
