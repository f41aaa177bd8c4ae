"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const map = document.getElementById("map");
  const search = document.getElementById("search");
  const slug = (key) => key.toLowerCase().replace(/[^a-z0-9-]/gu, (sign) => sign === " " ? "-" : "_" + sign.codePointAt(0).toString(16));
  document.documentElement.classList.add("js");

  // One section at a time, by the address: links can be shared and the back button works.
  function show() {
    const wanted = decodeURIComponent(location.hash.slice(1)) || "map";
    const target = document.getElementById(wanted);
    const here = target?.closest("main>section") || map;
    if (target?.tagName === "DETAILS") target.open = true;
    all("main>section").forEach((one) => one.classList.toggle("here", one === here));
    all("nav a").forEach((one) => {
      const on = one.hash.slice(1) === (here.classList.contains("group") ? "map" : here.id);
      one.classList.toggle("here", on);
      if (on) one.setAttribute("aria-current", "page"); else one.removeAttribute("aria-current");
    });
    if (target && target !== here) target.scrollIntoView(); else scrollTo(0, 0);
    find();
  }

  // A box lights up what it is linked with.
  const boxes = all(".node[data-group]", map);
  const wires = all(".wire", map);
  function light(key) {
    map.classList.toggle("some", key !== null);
    const near = new Set([key]);
    for (const wire of wires) {
      const lit = key !== null && (wire.dataset.from === key || wire.dataset.to === key);
      wire.classList.toggle("lit", lit);
      if (lit) { near.add(wire.dataset.from); near.add(wire.dataset.to); }
    }
    boxes.forEach((box) => box.classList.toggle("lit", near.has(box.dataset.group)));
  }
  const open = (key) => { location.hash = "group-" + slug(key); };
  for (const box of boxes) {
    const key = box.dataset.group;
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "link");
    box.setAttribute("aria-label", box.querySelector(".name")?.textContent + " " + (box.querySelector(".badge")?.textContent || ""));
    box.addEventListener("mouseenter", () => light(key));
    box.addEventListener("mouseleave", () => light(null));
    box.addEventListener("focus", () => light(key));
    box.addEventListener("blur", () => light(null));
    box.addEventListener("click", () => open(key));
    box.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(key); } });
  }
  all(".group .node[data-group]").forEach((box) => { box.style.cursor = "pointer"; box.addEventListener("click", () => open(box.dataset.group)); });

  // The search dims boxes of the map and hides rows of the tables.
  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const section = document.querySelector("main>section.here");
    if (section === map) {
      let found = 0;
      const hits = new Set();
      for (const box of boxes) {
        const hit = fits((box.textContent + " " + box.dataset.group).toLowerCase() + " " + members(box.dataset.group));
        box.classList.toggle("dim", !hit);
        if (hit) { found += 1; hits.add(box.dataset.group); }
      }
      wires.forEach((wire) => wire.classList.toggle("dim", words.length > 0 && !hits.has(wire.dataset.from) && !hits.has(wire.dataset.to)));
      map.querySelector(".none").hidden = found > 0;
    } else if (section.classList.contains("group")) {
      all(".line", section).forEach((line) => { line.style.opacity = fits(line.textContent.toLowerCase()) ? "" : ".2"; });
    } else {
      const rows = all("tbody tr,details", section);
      let found = 0;
      for (const row of rows) {
        row.hidden = !fits(row.textContent.toLowerCase());
        if (!row.hidden) found += 1;
      }
      const count = section.querySelector(".count");
      if (count) count.textContent = words.length ? found + " of " + rows.length + " rows" : rows.length + " rows";
    }
  }
  const texts = new Map();
  function members(key) {
    if (!texts.has(key)) {
      const section = document.getElementById("group-" + slug(key));
      texts.set(key, section ? all("[data-node]", section).map((one) => one.textContent).join(" ").toLowerCase() : "");
    }
    return texts.get(key);
  }

  // Kinds of links that are switched off disappear in every picture.
  function filter() {
    const off = new Set(all(".kind").filter((one) => !one.checked).map((one) => one.value));
    all("[data-kinds]").forEach((one) => {
      const kinds = one.dataset.kinds.split(" ");
      one.classList.toggle("out", kinds.length > 0 && kinds.every((kind) => off.has(kind)));
    });
  }

  function sort(head) {
    const down = head.getAttribute("aria-sort") === "ascending";
    const body = head.closest("table").tBodies[0];
    const text = (row) => row.cells[head.cellIndex].textContent;
    const rows = [...body.rows].sort((a, b) => text(a).localeCompare(text(b), undefined, { numeric: true }));
    body.append(...(down ? rows.reverse() : rows));
    all("th", head.parentElement).forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  function theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  }

  all("th button").forEach((button) => button.addEventListener("click", () => sort(button.closest("th"))));
  all(".kind").forEach((one) => one.addEventListener("change", filter));
  search.addEventListener("input", find);
  document.getElementById("theme").addEventListener("click", theme);
  addEventListener("hashchange", show);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (search.value) { search.value = ""; find(); } else if (location.hash && location.hash !== "#map") location.hash = "map";
      search.blur();
    } else if (event.target !== search && event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.target !== search && event.key === "t") theme();
  });
  show();
})();
