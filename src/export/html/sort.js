"use strict";
// A press on a heading sorts the rows up, then down, then as the report has them. Unknown values stay last.
const collator = new Intl.Collator("en", { numeric: true });
const said = document.getElementById("said");
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const given = [...body.rows];
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, place) => {
    const cell = row.cells[place];
    if (!cell.querySelector("bdi")) return null;
    return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
  };
  const compare = (left, right) =>
    typeof left === "number" && typeof right === "number" ? left - right : collator.compare(left, right);
  const sort = (heading, place) => {
    const now = heading.getAttribute("aria-sort");
    const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
    for (const other of headings) other.removeAttribute("aria-sort");
    const sign = next === "descending" ? -1 : 1;
    const rows = next === null ? given : [...given].sort((one, two) => {
      const [left, right] = [value(one, place), value(two, place)];
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * compare(left, right);
    });
    body.append(...rows);
    if (next !== null) heading.setAttribute("aria-sort", next);
    said.textContent = `${heading.textContent}: ${next ?? "not sorted"}`;
  };
  headings.forEach((heading, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, place));
    heading.append(button);
  });
}
