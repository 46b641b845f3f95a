// The desk by keyboard: rows of a table ([data-rows]) and items to decide on ([data-board]).
// Keys are not caught while somebody types or chooses from a list, and can be switched off in the list of keys (?).
(() => {
  const OFF = "dsr-keys-off";
  const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog";
  const table = document.querySelector("[data-rows]");
  const board = document.querySelector("[data-board]");
  if (!table && !board) return;
  const list = document.getElementById("keys");
  const off = () => localStorage.getItem(OFF) === "yes";

  const places = () =>
    table
      ? [...table.querySelectorAll("tbody tr")]
      : [...board.querySelectorAll(".verdict")].filter((one) => !one.closest("details:not([open])"));
  const place = (element) => element.closest(table ? "tbody tr" : ".verdict");
  const focus = (found) => (table ? found.querySelector("th a") : found)?.focus();
  const own = (item, name) => item.querySelector(`:scope > .verdict-inputs [name^="${name}-"]`);

  function step(here, by) {
    const all = places();
    const at = all.indexOf(here);
    const next = at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by];
    if (next) focus(next);
  }

  function open(here) {
    if (table) return here.querySelector("th a").click();
    const more = here.querySelector(":scope > details");
    if (more) more.open = !more.open;
  }

  function mark(here) {
    const box = table && here.querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
    if (table) return;
    const title = here.querySelector("h3, h4"); // its own comes before those of its items
    const mark = title.querySelector(".marked");
    if (mark) mark.remove();
    else title.append(" ", document.getElementById("keys-mark").content.cloneNode(true));
  }

  // A key stands for an act, not for a place in a list: what cannot be done about an item leaves it as it is.
  function choose(here, key) {
    const act = list?.querySelector(`[data-key="${key}"]`)?.dataset.act;
    if (act === undefined) return;
    const marked = [...board.querySelectorAll(".marked")].map((one) => one.closest(".verdict"));
    const chosen = marked.length ? marked : [here];
    for (const item of chosen) {
      const verdict = own(item, "verdict");
      if (![...(verdict?.options ?? [])].some((one) => one.value === act)) continue;
      verdict.value = act;
      verdict.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (chosen.length > 1) return;
    const missing = ["ground", "sentence"].map((name) => own(here, name)).find((one) => one?.offsetParent && !one.value);
    missing?.focus();
  }

  function act(key, here) {
    if (key === "j") return step(here, 1), true;
    if (key === "k") return step(here, -1), true;
    if (key === "?") return list?.showModal(), true;
    if (key === "s" && board) return board.querySelector("[value=save]")?.click(), true;
    if (!here) return false;
    if (key === "o" || (key === "Enter" && document.activeElement === here)) return open(here), true;
    if (key === "x") return mark(here), true;
    if (board && /^[0-9]$/.test(key)) return choose(here, key), true;
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const here = place(event.target);
    if (event.target.closest(TYPING)) {
      if (event.key === "Escape" && board && here) here.focus();
      return;
    }
    if (!off() && act(event.key, here)) event.preventDefault();
  });

  if (board) for (const one of board.querySelectorAll(".verdict")) one.tabIndex = -1;
  const shown = document.getElementById("keys-shown");
  const use = document.getElementById("keys-use");
  if (shown && list && use) {
    shown.hidden = false;
    use.checked = !off();
    shown.addEventListener("click", () => list.showModal());
    use.addEventListener("change", () => localStorage.setItem(OFF, use.checked ? "no" : "yes"));
  }
})();
