"use strict";
document.documentElement.classList.add("js");
// What the parts of this script share.
const page = {};

// Filters: findings, cases and requirements by verdict, level, area, suite and text.
{
  const form = document.getElementById("filter");
  const kinds = [
    { name: "finding", items: ".finding", groups: ".cause", none: "no-findings" },
    { name: "case", items: "#cases tr[data-v]", groups: "#cases .suite", none: "no-cases" },
    { name: "requirement", items: "#requirements tr[data-v]", groups: "#requirements .suite", none: "no-requirements" },
  ];
  // Suites with so few hits are unfolded.
  const FEW = 60;

  // Reading the page takes a moment when it is long: only the first filter pays for it.
  function read(kind) {
    if (kind.read) return;
    kind.read = Array.from(document.querySelectorAll(kind.items), (element) => {
      const { v, l, a, s } = element.dataset;
      return { element, verdict: v, levels: l.split(" "), area: a, suites: s.split(" "), group: element.closest(".cause, .suite") };
    });
    kind.folds = Array.from(document.querySelectorAll(kind.groups));
  }

  // What one can search for: everything but what was sent and received, which is long.
  function textOf(item) {
    if (item.text === undefined) {
      const parts = item.element.matches("details")
        ? [item.element.querySelector("summary"), item.element.querySelector(".story")]
        : Array.from((item.element.querySelector("th") || item.element).childNodes).filter((part) => part.className !== "steps");
      let text = parts.map((part) => part.textContent).join(" ");
      if (item.group && item.group.matches(".cause")) text += " " + headOf(item.group);
      item.text = text.toLowerCase();
    }
    return item.text;
  }

  const heads = new Map();
  function headOf(cause) {
    if (!heads.has(cause)) {
      const parts = cause.querySelectorAll(":scope > summary, :scope > .content > p");
      heads.set(cause, Array.from(parts, (part) => part.textContent).join(" "));
    }
    return heads.get(cause);
  }

  function wanted() {
    const data = new FormData(form);
    return {
      verdicts: new Set(data.getAll("verdict")),
      levels: new Set(data.getAll("level")),
      area: data.get("area"),
      suite: data.get("suite"),
      words: data.get("text").toLowerCase().split(/\s+/).filter(Boolean),
    };
  }

  function passes(item, want) {
    return (want.verdicts.size === 0 || want.verdicts.has(item.verdict))
      && (want.levels.size === 0 || item.levels.some((level) => want.levels.has(level)))
      && (want.area === "" || item.area === want.area)
      && (want.suite === "" || item.suites.includes(want.suite))
      && want.words.every((word) => textOf(item).includes(word));
  }

  function show(element, visible) {
    if (element.hidden === visible) element.hidden = !visible;
  }

  function say(sentence) {
    document.getElementById("shown").textContent = sentence;
  }

  function apply() {
    const want = wanted();
    const any = want.verdicts.size + want.levels.size + want.words.length > 0 || want.area !== "" || want.suite !== "";
    const sentences = [];
    for (const kind of kinds) {
      read(kind);
      const groups = new Set();
      let hits = 0;
      for (const item of kind.read) {
        const visible = passes(item, want);
        show(item.element, visible);
        if (visible) {
          hits += 1;
          groups.add(item.group);
        }
      }
      for (const group of kind.folds) {
        show(group, !any || groups.has(group));
        if (kind.name === "case" && any && hits <= FEW && groups.has(group)) group.open = true;
      }
      show(document.getElementById(kind.none), any && hits === 0);
      sentences.push(`${hits.toLocaleString("en")} of ${kind.read.length.toLocaleString("en")} ${kind.name}s`);
    }
    say(any ? `Shown: ${sentences.join(", ")}` : "Everything is shown.");
    return any;
  }

  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 60);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target.id === "keys-on") return;
    if (event.target.name === "text") soon();
    else apply();
  });
  // The values change after the event.
  form.addEventListener("reset", () => setTimeout(apply, 0));
  // A browser that goes back may have kept what was chosen.
  if (Array.from(form.elements).some((field) => field.name && (field.type === "checkbox" ? field.checked : field.value))) apply();

  page.say = (sentence) => {
    say(sentence);
    form.scrollIntoView({ block: "center" });
  };
  page.showEverything = () => {
    form.reset();
    clearTimeout(waiting);
    apply();
  };
}
