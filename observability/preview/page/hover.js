// Reads values off a chart under the pointer. The page is whole without this: it only adds to what is drawn and written beside it.
for (const chart of document.querySelectorAll(".chart[data-plot]")) {
  const plot = JSON.parse(chart.dataset.plot);
  const series = JSON.parse(chart.querySelector("script").textContent);
  const cursor = Object.assign(document.createElement("div"), { className: "cursor", hidden: true });
  const reading = Object.assign(document.createElement("div"), { className: "reading", hidden: true });
  chart.append(cursor, reading);
  const hide = () => {
    cursor.hidden = true;
    reading.hidden = true;
  };
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("pointermove", (event) => {
    const frame = chart.getBoundingClientRect();
    const [scaleX, scaleY] = [frame.width / plot.width, frame.height / plot.height];
    const share = ((event.clientX - frame.left) / scaleX - plot.left) / (plot.right - plot.left);
    if (share < 0 || share > 1) return hide();
    const atMs = plot.fromMs + share * (plot.toMs - plot.fromMs);
    const rows = series.flatMap(({ name, color, changes }) => {
      const found = changes.findLast(([at]) => at <= atMs);
      return found === undefined || found[1] === null ? [] : [{ name, color, text: found[1] }];
    });
    show({ chart, cursor, reading }, { atMs, rows, x: event.clientX - frame.left, top: plot.top * scaleY, bottom: plot.bottom * scaleY });
  });
}

function show({ chart, cursor, reading }, { atMs, rows, x, top, bottom }) {
  Object.assign(cursor.style, { left: `${x}px`, top: `${top}px`, height: `${bottom - top}px` });
  cursor.hidden = false;
  const line = (text, value, color) => {
    const row = document.createElement("div");
    if (color !== undefined) row.append(Object.assign(document.createElement("i"), { className: "key" }));
    if (color !== undefined) row.firstChild.style.background = color;
    if (value !== undefined) row.append(Object.assign(document.createElement("b"), { textContent: value }));
    row.append(text);
    return row;
  };
  const time = new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
  reading.replaceChildren(line(`${time} UTC`), ...rows.slice(0, 14).map(({ name, text, color }) => line(name, text, color)));
  reading.hidden = false;
  const toLeft = x > chart.clientWidth / 2;
  Object.assign(reading.style, {
    top: `${top}px`,
    left: toLeft ? "auto" : `${x + 12}px`,
    right: toLeft ? `${chart.clientWidth - x + 12}px` : "auto",
  });
}
