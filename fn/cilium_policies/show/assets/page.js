"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const map = document.getElementById("map");
  const search = document.getElementById("search");
  const slug = (key) => key.toLowerCase().replace(/[^a-z0-9-]/gu, (sign) => sign === " " ? "-" : "_" + sign.codePointAt(0).toString(16));
  document.documentElement.classList.add("js");

  // A large page holds what is not shown yet as text: parsing it all would take seconds before the first picture.
  function ready(section) {
    const waiting = section && section.querySelector("noscript");
    if (!waiting) return;
    section.innerHTML = waiting.textContent;
    filter(section);
  }
  const holder = (id) => all("main>section").find((one) => one.querySelector("noscript")?.textContent.includes('id="' + id + '"'));

  // One section at a time, by the address: links can be shared and the back button works.
  function show() {
    const wanted = decodeURIComponent(location.hash.slice(1)) || "map";
    if (!document.getElementById(wanted)) ready(holder(wanted));
    const target = document.getElementById(wanted);
    const here = target?.closest("main>section") || map;
    ready(here);
    if (target?.tagName === "DETAILS") target.open = true;
    all("main>section").forEach((one) => one.classList.toggle("here", one === here));
    all("nav a").forEach((one) => {
      const on = one.hash.slice(1) === (here.classList.contains("group") ? "map" : here.id);
      one.classList.toggle("here", on);
      if (on) one.setAttribute("aria-current", "page"); else one.removeAttribute("aria-current");
    });
    if (target && target !== here) target.scrollIntoView(); else scrollTo(0, 0);
    find();
    // The keyboard keeps its place: at the way back of what was opened, and afterwards at the box that opened it.
    if (opener) {
      const heading = here.querySelector("h2 a");
      if (heading) heading.focus({ preventScroll: true });
      else if (here.contains(opener)) { opener.focus({ preventScroll: true }); opener = null; }
    }
  }

  // A picture comes to life when it is first shown: large reports hold many.
  const alive = new Map();
  let opener = null;
  function enliven(section) {
    const picture = section && section.querySelector("svg");
    if (!picture || alive.has(section)) return alive.get(section);
    const boxes = all(".node[data-group]", picture);
    const wires = all(".wire", picture);
    const made = { boxes, wires, light: (key) => light(section, boxes, wires, key) };
    alive.set(section, made);
    for (const box of boxes) {
      const key = box.dataset.group;
      const leads = box.dataset.opens && document.getElementById("group-" + slug(box.dataset.opens)) !== section;
      box.setAttribute("tabindex", "0");
      box.setAttribute("role", leads ? "link" : "img");
      box.setAttribute("aria-label", box.querySelector(".name")?.textContent + " " + (box.querySelector(".badge")?.textContent || ""));
      box.addEventListener("mouseenter", () => made.light(key));
      box.addEventListener("mouseleave", () => made.light(null));
      box.addEventListener("focus", () => made.light(key));
      box.addEventListener("blur", () => made.light(null));
      if (!leads) continue;
      box.style.cursor = "pointer";
      const go = () => { opener = box; location.hash = "group-" + slug(box.dataset.opens); };
      box.addEventListener("click", go);
      box.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(); } });
    }
    zooming(section, picture);
    return made;
  }

  // A box lights up what it is linked with.
  function light(section, boxes, wires, key) {
    section.classList.toggle("some", key !== null);
    const near = new Set([key]);
    for (const wire of wires) {
      const lit = key !== null && (wire.dataset.from === key || wire.dataset.to === key);
      wire.classList.toggle("lit", lit);
      if (lit) { near.add(wire.dataset.from); near.add(wire.dataset.to); }
    }
    boxes.forEach((box) => box.classList.toggle("lit", near.has(box.dataset.group)));
  }

  // Buttons, Ctrl and the wheel zoom; a zoomed picture is dragged about.
  function zooming(section, picture) {
    const whole = picture.getAttribute("viewBox").split(" ").map(Number);
    let [x, y, wide, high] = whole;
    const set = () => picture.setAttribute("viewBox", [x, y, wide, high].join(" "));
    const zoom = (factor, px = 0.5, py = 0.5) => {
      const next = Math.min(whole[2], Math.max(whole[2] / 12, wide / factor));
      x += (wide - next) * px; y += (high - next * whole[3] / whole[2]) * py;
      wide = next; high = next * whole[3] / whole[2];
      x = Math.min(Math.max(x, 0), whole[2] - wide); y = Math.min(Math.max(y, 0), whole[3] - high);
      set();
    };
    section.zoom = { in: () => zoom(1.4), out: () => zoom(1 / 1.4), all: () => { [x, y, wide, high] = whole; set(); } };
    all(".zoom button", section).forEach((one) => one.addEventListener("click", () => section.zoom[one.value]()));
    picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const frame = picture.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, (event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height);
    }, { passive: false });
    let held = null;
    picture.addEventListener("pointerdown", (event) => { if (wide < whole[2]) held = [event.clientX, event.clientY]; });
    picture.addEventListener("pointermove", (event) => {
      if (!held) return;
      const scale = wide / picture.getBoundingClientRect().width;
      x -= (event.clientX - held[0]) * scale; y -= (event.clientY - held[1]) * scale;
      held = [event.clientX, event.clientY];
      zoom(1);
    });
    for (const end of ["pointerup", "pointerleave"]) picture.addEventListener(end, () => { held = null; });
  }

  // The search dims boxes of a picture and hides rows of the tables.
  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const section = document.querySelector("main>section.here");
    const picture = enliven(section);
    if (picture) {
      const hits = new Set();
      for (const box of picture.boxes) {
        const hit = words.length === 0 || fits(textOf(box) + " " + box.dataset.group.toLowerCase() + (section === map ? " " + members(box.dataset.group) : ""));
        box.classList.toggle("dim", !hit);
        if (hit) hits.add(box.dataset.group);
      }
      picture.wires.forEach((wire) => wire.classList.toggle("dim", words.length > 0 && !hits.has(wire.dataset.from) && !hits.has(wire.dataset.to)));
      const none = section.querySelector(".none");
      if (none) none.hidden = hits.size > 0;
      return;
    }
    const rows = all("tbody tr,details", section);
    let found = 0;
    for (const row of rows) {
      const hide = words.length > 0 && !fits(textOf(row));
      if (row.hidden !== hide) row.hidden = hide;
      if (!hide) found += 1;
    }
    const count = section.querySelector(".count");
    if (count) count.textContent = words.length ? found + " of " + rows.length + " rows" : rows.length + " rows";
  }
  const texts = new Map();
  function textOf(one) {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  }
  function members(key) {
    const section = document.getElementById("group-" + slug(key));
    if (!texts.has(key)) texts.set(key, section ? within(section).join(" ").toLowerCase() : "");
    return texts.get(key);
  }
  function within(section) {
    const text = section.querySelector("noscript")?.textContent;
    if (!text) return all(".node:not([data-lane])", section).map((one) => one.dataset.group);
    return (text.match(/<g class="node[^>]*>/g) || []).filter((one) => !one.includes("data-lane")).map((one) => one.match(/data-group="([^"]*)"/)?.[1]);
  }
  let waiting = 0;
  function soon() {
    const section = document.querySelector("main>section.here");
    clearTimeout(waiting);
    if (section.querySelectorAll("tbody tr").length < 1500) find(); else waiting = setTimeout(find, 160);
  }

  // Kinds of links that are switched off disappear in every picture.
  function filter(root) {
    const off = new Set(all(".kind").filter((one) => !one.checked).map((one) => one.value));
    all("[data-kinds]", root).forEach((one) => {
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

  document.querySelector("main").addEventListener("click", (event) => { const button = event.target.closest("th button"); if (button) sort(button.closest("th")); });
  all(".kind").forEach((one) => one.addEventListener("change", () => filter(document)));
  addEventListener("beforeprint", () => all("main>section:not(.group)").forEach(ready));
  search.addEventListener("input", soon);
  document.getElementById("theme").addEventListener("click", theme);
  addEventListener("hashchange", show);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (search.value) { search.value = ""; find(); } else if (location.hash && location.hash !== "#map") location.hash = "map";
      if (event.target === search) search.blur();
    } else if (event.target !== search && event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.target !== search && event.key === "t") theme();
    else if (event.target !== search && "+-0".includes(event.key)) {
      const zoom = document.querySelector("main>section.here").zoom;
      if (zoom) zoom[{ "+": "in", "-": "out", 0: "all" }[event.key]]();
    }
  });
  show();
})();
