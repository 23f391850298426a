/* The shop platform's whole front: draws every page from /api into #root. */
"use strict";

const root = document.getElementById("root");

function el(tag, cls, text) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

function link(href, cls, text) {
  const node = el("a", cls, text);
  node.href = href;
  return node;
}

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  return { found: answer.ok, value: await answer.json() };
}

function frame() {
  const top = el("header", "sk-top");
  top.append(link("/", "sk-brand", "Practice Souk"), link("/login", "sk-sign-in", "Sign in"));
  const main = el("main", "sk-main");
  root.replaceChildren(top, main);
  return main;
}

function card(item) {
  const box = el("article", "sk-card");
  box.dataset.id = item.id;
  const anchor = link(item.url, "sk-card-link");
  const photo = el("img", "sk-card-photo");
  photo.loading = "lazy";
  photo.src = item.image;
  anchor.append(photo, el("span", "sk-card-title", item.title));
  box.append(anchor, el("span", "sk-card-price", item.price), el("span", "sk-card-shop", item.shop));
  return box;
}

/* Lists: one helping, then another whenever the end of the list comes near the window. */
async function list(parameters) {
  const main = frame();
  const heading = el("h1", "sk-heading");
  const grid = el("section", "sk-grid");
  const sentinel = el("div", "sk-sentinel", "Loading more…");
  main.append(heading, el("p", "sk-total"), grid, sentinel);
  let cursor = "1";
  let busy = false;

  async function more() {
    if (busy || cursor === null) return;
    busy = true;
    parameters.set("cursor", cursor);
    const { value } = await ask("/api/listings?" + parameters);
    heading.textContent = value.heading;
    main.querySelector("p").textContent = value.total + " pieces";
    for (const item of value.items) grid.append(card(item));
    cursor = value.cursor;
    busy = false;
    if (cursor === null) {
      watcher.disconnect();
      sentinel.replaceWith(el("p", value.total ? "sk-end" : "sk-end sk-nothing", value.total ? "You have seen everything" : "Nothing found. Try other words."));
    } else {
      watcher.unobserve(sentinel);
      watcher.observe(sentinel);
    }
  }

  const watcher = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) more(); }, { rootMargin: "300px" });
  document.title = "Practice Souk";
  watcher.observe(sentinel);
}

function facts(item) {
  const table = el("dl", "sk-facts");
  for (const fact of item.facts) {
    const row = el("div", "sk-fact");
    row.append(el("dt", "sk-fact-name", fact.name), el("dd", "sk-fact-value", fact.value));
    table.append(row);
  }
  return table;
}

function photos(item) {
  const box = el("div", "sk-photos");
  for (const picture of item.pictures) {
    const photo = el("img", "sk-photo");
    photo.src = picture.small;
    photo.srcset = picture.small + " 640w, " + picture.large + " 1600w";
    box.append(photo);
  }
  return box;
}

function shop(item) {
  const box = el("aside", "sk-shop");
  box.dataset.handle = item.shop.handle;
  box.append(link("/shop/" + encodeURIComponent(item.shop.handle), "sk-shop-name", item.shop.name), el("p", "sk-shop-place", item.shop.place));
  return box;
}

const WORDS = { available: "Available", sold: "Sold", closed: "No longer offered" };

async function listing(number) {
  const { found, value: item } = await ask("/api/listing/" + number);
  const main = frame();
  if (!found) {
    document.title = "Practice Souk";
    main.append(el("h1", "sk-gone", item.message), el("p", null, "It may have been removed by the shop."), el("p", "sk-end"));
    return;
  }
  document.title = item.title + " – " + item.shop.name + " – Practice Souk";
  const path = el("nav", "sk-path");
  for (const step of item.path) path.append(link("/c/" + step.slug, "sk-step", step.name));
  const body = el("section", "sk-body");
  for (const part of item.body.split("\n\n")) body.append(el("p", "sk-paragraph", part));
  const price = el("p", "sk-price");
  if (item.was) price.append(el("s", "sk-was", item.was), " ");
  price.append(el("b", "sk-now", item.price.text));
  const box = el("article", "sk-item");
  box.dataset.id = item.id;
  const listed = el("time", "sk-listed", item.listed.slice(0, 10));
  listed.dateTime = item.listed;
  box.append(path, el("h1", "sk-title", item.title), price, el("p", "sk-state", WORDS[item.state]), photos(item), body, facts(item));
  if (item.condition) box.append(el("p", "sk-condition", item.condition));
  box.append(el("p", "sk-from", item.ships_from), listed);
  const others = el("section", "sk-others");
  others.append(el("h2", null, "More like this"), ...item.more.map(card));
  main.append(box, shop(item), others, el("p", "sk-end"));
}

const path = location.pathname;
const query = new URLSearchParams(location.search);
const parameters = new URLSearchParams();
if (path.startsWith("/listing/")) {
  listing(path.split("/")[2]);
} else {
  if (path === "/search") parameters.set("q", query.get("q") || "");
  if (path.startsWith("/shop/")) parameters.set("shop", decodeURIComponent(path.slice(6)));
  if (path.startsWith("/c/")) parameters.set("category", path.slice(3));
  list(parameters);
}
