/**
 * The names of the columns a SELECT gives, in order: an alias after AS, else the last word of the expression.
 *
 * @returns undefined for what is no single SELECT with a FROM, or has a column without a name
 */
export function outputColumns(sql: string): readonly string[] | undefined {
  const text = sql.trim();
  const head = /^SELECT\s+/iu.exec(text);
  if (head === null || text.includes(";")) return undefined;
  const list = untilFrom(text.slice(head[0].length));
  const names = list?.map((column) => /(?:^|[\s.)])"?([A-Za-z_]\w*)"?$/u.exec(column.trim())?.[1]);
  return names === undefined || names.some((name) => name === undefined) ? undefined : names.map(String);
}

/** The expressions between SELECT and the FROM that belongs to it, cut at the commas outside brackets and quotes. */
function untilFrom(text: string): readonly string[] | undefined {
  const columns = [""];
  let depth = 0;
  for (const token of text.match(/'(?:[^']|'')*'|"[^"]*"|\w+|\s+|./gsu) ?? []) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (depth === 0 && /^from$/iu.test(token)) return columns;
    if (depth === 0 && token === ",") columns.push("");
    else columns[columns.length - 1] += token;
  }
  return undefined;
}
