/** The file of undici that `post.ts` loads: undici types its front door alone. */
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";
  export = Pool;
}
