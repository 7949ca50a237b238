/** A piece of HTML that is safe to put into a page. */
export class Html {
  readonly text: string;

  /** Only `html` and `trusted` make one. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, HTML is taken as it is, nothing is left out. */
export type Piece = string | number | Html | undefined | readonly Piece[];

/** A template in which every text is escaped: names, log lines and label values come from outside and may hold anything. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => text + render(pieces[index])).join(""));
}

/** HTML that this package wrote itself, such as a chart's SVG or a style sheet. */
export function trusted(text: string): Html {
  return new Html(text);
}

/** Text as it may stand in HTML and in a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}

function render(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "object") return piece.map(render).join("");
  return escapeText(String(piece));
}
