"use strict";

// Where no address is known beforehand, the page's own is the repository's.
if (location.protocol.startsWith("http")) {
  for (const place of document.querySelectorAll("[data-address]")) {
    place.textContent = new URL(".", location.href).href.replace(/\/$/, "");
  }
}

for (const block of document.querySelectorAll("pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy: " + block.textContent.trim());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.textContent.trim());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } catch {
      // Without HTTPS a page may not write to the clipboard; what is selected can be copied by hand.
      getSelection().selectAllChildren(block);
    }
  });
  block.parentElement.append(button);
}

for (const search of document.querySelectorAll("search")) {
  const field = search.querySelector("input");
  const count = search.querySelector("output");
  const all = search.parentElement.querySelector("details");
  const tables = [...search.parentElement.querySelectorAll("table")];
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
    }
    for (const table of tables) {
      const left = [...table.tBodies[0].rows].some((row) => !row.hidden);
      table.closest("figure").hidden = !left;
    }
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = words.length ? `${left} of ${rows.length} keys` : "";
    all.open = all.open || words.length > 0;
  });
  search.hidden = false;
}
