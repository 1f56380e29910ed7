
// Links to every case and finding, and keys.
{
  const search = document.getElementById("search");
  const keysOn = document.getElementById("keys-on");

  function unfold(element) {
    for (let at = element; at; at = at.parentElement) {
      if (at.matches("details")) at.open = true;
    }
  }

  function isHidden(element) {
    return element.closest("[hidden]") !== null;
  }

  function focus(element) {
    const target = element.matches("details") ? element.querySelector("summary") : element;
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  }

  // A finding that is not told has no place of its own: its case has.
  function find(id) {
    const found = document.getElementById(id);
    if (found || !id.startsWith("finding-")) return found;
    const end = id.lastIndexOf(":");
    return end < 0 ? null : document.getElementById("case-" + id.slice("finding-".length, end));
  }

  function follow() {
    let id;
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const element = id && find(id);
    if (id && !element) page.say(`This report has nothing that is called ${id.slice(0, 200)}.`);
    if (!element || element.matches("section, main")) return;
    if (isHidden(element)) page.showEverything();
    unfold(element);
    focus(element);
  }

  function findings() {
    return Array.from(document.querySelectorAll(".finding")).filter((finding) => !isHidden(finding));
  }

  function current() {
    return document.activeElement ? document.activeElement.closest(".finding") : null;
  }

  function step(by) {
    const all = findings();
    if (all.length === 0) return;
    const at = all.indexOf(current());
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1);
    unfold(all[next]);
    focus(all[next]);
  }

  function copyCurrent() {
    const buttons = (current() || document.createElement("p")).querySelectorAll(".copy");
    if (buttons.length > 0) buttons[buttons.length - 1].click();
  }

  const actions = {
    j: () => step(1),
    k: () => step(-1),
    c: copyCurrent,
    "/": () => search.focus(),
    "?": () => {
      const keys = document.getElementById("keys");
      keys.open = true;
      focus(keys);
    },
    Escape: () => page.showEverything(),
  };

  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    search.blur();
    page.showEverything();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keysOn.checked) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (!action) return;
    event.preventDefault();
    action();
  });

  addEventListener("hashchange", follow);
  // The same link once more changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) follow();
  });
  // When the page is loaded, a browser goes to the place itself and takes the focus away.
  addEventListener("load", () => setTimeout(follow, 0));
}
