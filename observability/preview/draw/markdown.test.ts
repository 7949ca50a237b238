import { expect, test } from "vitest";
import { markdown } from "./markdown.ts";

test.each([
  [
    "a paragraph with `code`, **bold** and *emphasis*",
    "<p>a paragraph with <code>code</code>, <strong>bold</strong> and <em>emphasis</em></p>",
  ],
  ["# Heading\n- one\n  more\n- two", "<h4>Heading</h4><ul><li>one more</li><li>two</li></ul>"],
  ["text\n1. one\n2. two", "<p>text</p><ol><li>one</li><li>two</li></ol>"],
  [
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
    '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
  ],
  ["[Offing](https://example.org/a)", '<p><a href="https://example.org/a" rel="noreferrer">Offing</a></p>'],
  ["```sh\nls *x* <y>\n```", "<pre><code>ls *x* &#60;y&#62;</code></pre>"],
])("%j", (text, wanted) => {
  expect(markdown(text).text).toBe(wanted);
});

test.each([
  "<script>alert(1)</script>",
  "[x](javascript:alert(1))",
  '[x](https://a/" onclick="b)',
  "**<img src=x onerror=alert(1)>**",
  "`<b>`",
])("%j does no harm", (text) => {
  const { text: drawn } = markdown(text);
  expect(drawn).not.toMatch(/<(script|img|b)\b|href="javascript|"\s+onclick=/);
});
