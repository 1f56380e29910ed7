
// Copying commands, and the theme.
{
  const WAYS = ["system", "light", "dark"];
  const NAMES = { system: "as the system", light: "light", dark: "dark" };
  const theme = document.getElementById("theme");

  // A page that was opened from a file may have no clipboard and no storage.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const done = await copy(button.parentElement.querySelector("pre").textContent);
    button.textContent = done ? "Copied" : "Not copied";
    button.focus({ preventScroll: true });
    const shown = document.getElementById("shown");
    if (shown) shown.textContent = done ? "The command is copied." : "The browser does not let this page copy.";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  function remembered() {
    try {
      const way = localStorage.getItem("scimcheck-theme");
      return WAYS.includes(way) ? way : "system";
    } catch {
      return "system";
    }
  }

  function set(way) {
    if (way === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = way;
    theme.textContent = `Theme: ${NAMES[way]}`;
    theme.dataset.way = way;
  }

  theme.hidden = false;
  set(remembered());
  theme.addEventListener("click", () => {
    const way = WAYS[(WAYS.indexOf(theme.dataset.way) + 1) % WAYS.length];
    set(way);
    try {
      localStorage.setItem("scimcheck-theme", way);
    } catch {
      // It holds for this page then.
    }
  });
}
