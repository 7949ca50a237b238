/** A text with its `${env:NAME}` places filled, or why that cannot be. */
export type Substituted = { readonly value: string } | { readonly fault: string };

type Environment = Readonly<Record<string, string | undefined>>;

const PLACE = /\$\$|\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/gu;

/**
 * Fills `${env:NAME}` and `${env:NAME:-default}`; `$$` stands for one dollar sign, a lone `$` for itself.
 *
 * The default also serves where the variable is empty. A variable that is missing or empty and has no default is a fault.
 */
export function substitute(text: string, environment: Environment): Substituted {
  const faults: string[] = [];
  const value = text.replace(PLACE, (place: string, name: string | undefined, fallback: string | undefined) => {
    if (place === "$$") return "$";
    if (name === undefined) {
      faults.push("holds a `$" + "{` that does not begin `$" + "{env:NAME}`; write `$$` for a dollar sign");
      return "";
    }
    const found = environment[name];
    if (found !== undefined && found !== "") return found;
    if (fallback !== undefined) return fallback;
    const state = found === undefined ? "not set" : "empty";
    faults.push(`needs the environment variable ${name}, which is ${state}; set it or write \`$` + `{env:${name}:-default}\``);
    return "";
  });
  return faults[0] === undefined ? { value } : { fault: [...new Set(faults)].join("; ") };
}

/**
 * What a text from outside the file stands for: true, false, or a number whose decimal form it is to the letter; else itself.
 *
 * So `31337` is a number, while `0x1f`, `007`, `1e5` and everything else stay text.
 */
export function plainScalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text !== "" && Number.isFinite(number) && String(number) === text && !text.includes("e") ? number : text;
}
