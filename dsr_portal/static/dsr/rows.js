// Rows of a table by keyboard, only while the focus is in it: j and k move, x chooses, Enter opens as always.
document.addEventListener("keydown", (event) => {
  const table = event.target.closest("[data-rows]");
  if (!table || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...table.querySelectorAll("tbody tr")];
  const here = rows.indexOf(event.target.closest("tr"));
  const step = { j: 1, k: -1 }[event.key];
  if (step) {
    rows[here + step]?.querySelector("th a")?.focus();
  } else if (event.key === "x" && here >= 0) {
    const box = rows[here].querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  }
});
