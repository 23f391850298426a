// The desk's keys, pictures and selection. Pages work for reading without it; every act is a form that it only submits.
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const state = { since: 0, hiddenAt: 0, away: 0, seen: new Set(), read: false, asked: null, bulk: false, kept: 0 };
  let busy = false;
  let pressing = false;
  let toastTimer = 0;

  const form = () => $("#decide");
  const rows = () => all(".row");
  const current = () => $('.row[aria-current="true"]');
  const selection = () => all('.row input:checked');

  function toast(text) {
    const box = $("#toast");
    box.textContent = text;
    box.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { box.hidden = true; }, 5000);
  }

  // ---- what was looked at, and for how long -------------------------------------------------------------------------

  function opened() {
    Object.assign(state, { since: performance.now(), away: 0, seen: new Set([1]), read: false, asked: null, bulk: false });
    const decide = form();
    if (!decide) return;
    for (const row of rows()) {
      const here = row.dataset.key === decide.dataset.key;
      if (here) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (here) row.scrollIntoView({ block: "nearest" });
    }
    const end = $("#description-end");
    if (!end) { state.read = true; return; }
    new IntersectionObserver((entries, observer) => {
      if (entries.some((entry) => entry.isIntersecting)) { state.read = true; observer.disconnect(); }
    }).observe(end);
  }

  const secondsOpen = () => Math.max(0, (performance.now() - state.since - state.away) / 1000).toFixed(1);

  function examined() {
    const count = Number($("#gallery")?.dataset.count || 0);
    return state.read && (count === 0 || state.seen.size >= count) ? "1" : "0";
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) state.hiddenAt = performance.now();
    else state.away += performance.now() - state.hiddenAt;
  });

  // ---- pictures -----------------------------------------------------------------------------------------------------

  function picture(number) {
    const thumbs = all("[data-thumb]");
    const thumb = thumbs[number - 1];
    const stage = $("#picture");
    if (!thumb || !stage) return;
    thumbs.forEach((other) => other.removeAttribute("aria-current"));
    thumb.setAttribute("aria-current", "true");
    thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
    stage.src = thumb.dataset.view;
    stage.dataset.large = thumb.getAttribute("href");
    stage.alt = `Picture ${number} of ${thumbs.length}`;
    $("#picture-number").textContent = number;
    state.seen.add(number);
    const large = $("#zoom[open] img");
    if (large) large.src = stage.dataset.large;
  }

  function turn(step) {
    const thumbs = all("[data-thumb]");
    const at = thumbs.findIndex((thumb) => thumb.getAttribute("aria-current") === "true");
    if (thumbs.length) picture(((at + step + thumbs.length) % thumbs.length) + 1);
  }

  function zoom() {
    const box = $("#zoom");
    box.classList.remove("large");
    $("img", box).src = $("#picture").dataset.large;
    box.showModal();
  }

  // ---- queue, selection, decisions ----------------------------------------------------------------------------------

  function go(step) {
    const list = rows();
    const row = list[list.indexOf(current()) + step];
    if (row) $("a", row).click();
    else if (step > 0 && $(".queue .more")) $(".queue .more").click();
    else toast(step > 0 ? "This is the last listing of the queue" : "This is the first listing of the queue");
  }

  function nextShown(leaving) {
    const list = rows();
    const at = Math.max(0, list.indexOf(current()));
    const open = [...list.slice(at + 1), ...list.slice(0, at)].filter((row) => !row.classList.contains("done"));
    const row = open.find((candidate) => !leaving.has(candidate.dataset.key));
    return row ? $("input", row).value : "";
  }

  function picked() {
    const count = selection().length;
    document.body.classList.toggle("picking", count > 0);
    if ($("#selected")) $("#selected").textContent = count;
  }

  function panel(name, bulk = false) {
    const open = name && !($(`#panel-${name}`)?.classList.contains("open") && state.bulk === bulk) ? name : null;
    all(".panel").forEach((box) => box.classList.toggle("open", box.id === `panel-${open}`));
    all("[data-panel]").forEach((button) => button.setAttribute("aria-expanded", String(button.dataset.panel === open)));
    state.bulk = bulk;
    state.asked = null;
  }

  function act(button) {
    if (!button || button.matches(":disabled") || busy) return;
    const note = $("#note");
    if (button.dataset.asks && !note.value.trim()) {
      state.asked = button;
      note.placeholder = `${button.dataset.asks}? then Enter`;
      note.focus();
      return;
    }
    if (state.bulk) actOnSelection(button);
    else press(button);
  }

  // htmx learns the button from its click, not from the form's submit event
  function press(button) {
    pressing = true;
    button.click();
    pressing = false;
  }

  function actOnSelection(button) {
    const chosen = selection();
    if (!chosen.length) { toast("Nothing is selected: x selects"); return; }
    if (button.value.startsWith("tune:")) { press(button); return; }
    const leaving = new Set(chosen.map((box) => box.closest(".row").dataset.key));
    const decide = form();
    const stays = decide && !leaving.has(decide.dataset.key) ? decide.elements.shown.value : nextShown(leaving);
    busy = true;
    window.htmx.ajax("POST", "/decide", {
      target: "#item", swap: "outerHTML",
      values: { shown: chosen.map((box) => box.value), act: button.value, note: $("#note").value, next: stays, bulk: "1" },
    }).finally(() => { busy = false; });
  }

  function decided(keys, verdict) {
    const total = $("#queue-total");
    if (total) total.textContent = Math.max(0, Number(total.textContent) + (verdict ? -keys.length : keys.length));
    for (const key of keys) {
      const row = document.getElementById(`row-${key}`);
      if (!row) continue;
      row.classList.toggle("done", Boolean(verdict));
      $(".verdict", row).textContent = verdict || "";
      $("input", row).checked = false;
    }
    picked();
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "decide") return;
    const values = event.detail.formData;
    values.set("seconds", secondsOpen());
    values.set("seen", examined());
    values.set("next", nextShown(new Set([form().dataset.key])));
  });
  document.addEventListener("htmx:beforeRequest", () => { busy = true; });
  document.addEventListener("htmx:afterRequest", () => { busy = false; });
  document.addEventListener("htmx:sendError", () => toast("The desk does not answer. Nothing was lost; try again"));
  document.addEventListener("htmx:responseError", (event) => toast(event.detail.xhr.responseText.slice(0, 400) || "The desk refused this"));
  document.addEventListener("patrol:decided", (event) => decided(event.detail.keys, event.detail.verdict));
  document.addEventListener("patrol:undone", (event) => decided(event.detail.keys, null));
  document.addEventListener("patrol:say", (event) => toast(event.detail.text));
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "item" && event.target.id !== "item") return;
    opened();
    $("#listing")?.focus({ preventScroll: true });
  });

  // ---- keys ---------------------------------------------------------------------------------------------------------

  const byKey = (name) => $(`#decide [data-key-name="${name}"]`);
  const typing = (target) => target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  const desk = {
    l: () => act(byKey("l")), w: () => act(byKey("w")), " ": () => act(byKey(" ")),
    m: () => panel("merge"), c: () => panel("clear"), u: () => panel("unsure"), R: () => panel("tune"),
    z: () => $("#undo")?.requestSubmit(), n: () => $("#note")?.focus(),
    x: () => { const box = $("input", current() || document); if (box) { box.checked = !box.checked; picked(); } },
    "[": () => turn(-1), "]": () => turn(1),
    h: () => $("#seller-link")?.click(),
    v: () => { const box = $("#history"); if (box) { box.open = !box.open; box.scrollIntoView({ block: "nearest" }); } },
  };
  const selected = {
    L: () => byKey("l"), W: () => byKey("w"), " ": () => byKey(" "), M: "merge", C: "clear", U: "unsure",
  };

  function onSelection(key) {
    const wanted = selected[key];
    if (!wanted) return false;
    if (typeof wanted === "string") panel(wanted, true);
    else { panel(null); state.bulk = true; act(wanted()); state.bulk = false; }
    return true;
  }

  function digit(key) {
    const open = $(".panel.open");
    if (!open) return false;
    const button = all("button", open).find((candidate) => $("kbd", candidate)?.textContent === key);
    if (button) act(button);
    return true;
  }

  function escape() {
    panel(null);
    document.activeElement?.blur();
  }

  const SENDING = /^[jklwz LW0-9]$/;

  function handled(event) {
    const key = event.key;
    if (key === "Escape") { escape(); return !$("dialog[open]"); }
    if (key === "?") { $("#keys")?.showModal(); return Boolean($("#keys")); }
    if (key === "/") { const field = $("#q"); if (field) field.focus(); else if ($(".head")) location.href = "/search"; return true; }
    if (!$("[data-desk]")) return false;
    if (busy && SENDING.test(key)) return true; // nothing is decided on a listing that is not on the screen yet
    if (key === "j" || key === "k") { go(key === "j" ? 1 : -1); return true; }
    if (event.repeat && key !== "[" && key !== "]") return true;
    if (/^[0-9]$/.test(key)) return digit(key);
    if (event.shiftKey && onSelection(key)) return true;
    if (key === " " && event.target.closest("button, summary, input")) return false;
    if (!desk[key]) return false;
    desk[key]();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if ($("#zoom[open]") && (event.key === "[" || event.key === "]")) { turn(event.key === "]" ? 1 : -1); return; }
    if ($("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      if (event.key === "Enter" && !event.shiftKey && state.asked && event.target.id === "note") { event.preventDefault(); act(state.asked); }
      return;
    }
    if (handled(event)) event.preventDefault();
    keepClaim();
  });

  function keepClaim() {
    const decide = form();
    if (!decide || performance.now() - state.kept < 120000) return;
    state.kept = performance.now();
    fetch("/queue/keep", { method: "POST", body: new URLSearchParams({ shown: decide.elements.shown.value }) });
  }

  // ---- mouse --------------------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const thumb = hit("[data-thumb]");
    if (thumb) { event.preventDefault(); picture(Number(thumb.dataset.thumb)); return; }
    if (hit("#picture")) { zoom(); return; }
    if (hit("#zoom img")) { $("#zoom").classList.toggle("large"); return; }
    const opener = hit("[data-open]");
    if (opener) { document.getElementById(opener.dataset.open).showModal(); return; }
    const copier = hit("[data-copy]");
    if (copier) { copy(document.getElementById(copier.dataset.copy)); return; }
    const tab = hit("[data-panel]");
    if (tab) { panel(tab.dataset.panel); return; }
    const button = hit("#decide button[name=act]");
    if (button && !pressing && (button.dataset.asks || state.bulk)) { event.preventDefault(); act(button); }
    const menu = $("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("change", (event) => { if (event.target.closest(".row")) picked(); });

  async function copy(node) {
    try {
      await navigator.clipboard.writeText(node.textContent);
      toast("Copied. Open it in the research browser, not here");
    } catch {
      getSelection().selectAllChildren(node);
      toast("Press Ctrl+C to copy");
    }
  }

  opened();
  picked();
})();
