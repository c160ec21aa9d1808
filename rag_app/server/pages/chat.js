// The web chat. Everything that comes from the server is shown as text, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const LINK = /\bhttps?:\/\/[^\s<>"')\]]+/g;
const POLL = 500; // milliseconds between looks at an upload
const KEY = "rag-key";

const clean = (text) => String(text ?? "").replace(CONTROL, "");
const say = (text) => { $("status").textContent = clean(text); };

/** Return an element with a class and text; children may be elements too. */
function make(tag, name, ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children.map((child) => (typeof child === "string" ? clean(child) : child)));
  return element;
}

// The server

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const headers = new Headers(options.headers);
  const key = sessionStorage.getItem(KEY);
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The server cannot be reached. Is it still running?");
  }
  if (answer.ok) return answer;
  let message = `The server refused this (${answer.status}).`;
  try { message = (await answer.json()).error.message; } catch { /* not JSON */ }
  if (answer.status === 401) askForKey(key ? message : "");
  throw new Refused(answer.status, message);
}

const json = async (path, options) => (await call(path, options)).json();
const post = (path, body, signal) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

/** Yield the JSON of each event of a stream. */
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Refused(0, "The answer broke off.");
    held += value;
    const lines = held.split(/\r?\n/);
    held = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
}

// The conversation

let turns = [];
let stopping = null;

async function ask(question) {
  $("welcome").hidden = true;
  $("talk").append(make("div", "turn user", make("p", "", question)));
  const text = make("p", "text waiting", "Searching");
  const turn = make("div", "turn answer", text);
  $("talk").append(turn);
  scroll();
  say("Searching");
  busy(true);
  stopping = new AbortController();
  let written = "";
  try {
    const messages = [...turns.slice(-8), { role: "user", content: question }];
    const answer = await post("/v1/chat/completions", { messages, stream: true }, stopping.signal);
    let end = null;
    for await (const event of events(answer)) {
      if (event.error) throw new Refused(0, event.error.message);
      const delta = event.choices[0]?.delta ?? {};
      if (delta.content) {
        written += delta.content;
        text.classList.remove("waiting");
        text.textContent = clean(written);
        scroll();
      } else if (!written) {
        text.textContent = "Reading";
      }
      if (event.choices[0]?.finish_reason) end = delta;
    }
    finish(turn, text, question, written, end ?? {});
  } catch (error) {
    const stopped = error.name === "AbortError";
    text.classList.remove("waiting");
    if (!written) text.remove();
    turn.append(make("p", stopped ? "note" : "problem", stopped ? "Stopped." : error.message));
    say(stopped ? "Stopped." : error.message);
  } finally {
    stopping = null;
    busy(false);
    scroll();
  }
}

function finish(turn, text, question, written, end) {
  const citations = end.citations ?? [];
  text.classList.remove("waiting");
  text.replaceChildren(...rich(written, citations));
  if (end.unsure) {
    turn.append(make("p", "note warn", end.unsure));
  } else if (end.status === "partial") {
    turn.append(make("p", "note warn", "Part of this answer is not covered by the quoted text."));
  }
  const told = (end.notes ?? []).filter((note) => note.code === "source");
  turn.append(...told.map((note) => make("p", "note warn", note.message)));
  if (end.standalone_question && end.standalone_question !== question) {
    turn.append(make("p", "note", `Understood as: ${end.standalone_question}`));
  }
  const sources = make("ul", "sources");
  sources.append(...citations.map((citation) => make("li", "", sourceButton(citation, `[${citation.marker}] `, citation.quote))));
  if (end.passages?.length && (end.unsure || !citations.length)) {
    sources.append(make("li", "", make("h3", "", "The nearest passages")));
    sources.append(...end.passages.map((hit) => make("li", "", sourceButton(hit, "", short(hit.text)))));
  }
  if (sources.children.length) turn.append(sources);
  turns.push({ role: "user", content: end.standalone_question ?? question }, { role: "assistant", content: written });
  const n = citations.length;
  say(`${written} ${n ? `${n} ${n === 1 ? "source" : "sources"}.` : ""}`);
}

/** Return text with its markers as buttons and its web addresses as links, which open by a click only. */
function rich(text, citations) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(new RegExp(`\\[(\\d+)\\]|${LINK.source}`, "g"))) {
    parts.push(clean(text.slice(at, found.index)));
    at = found.index + found[0].length;
    const citation = found[1] && citations.find((one) => one.marker === Number(found[1]));
    if (citation) {
      const button = make("button", "marker", found[1]);
      button.type = "button";
      button.setAttribute("aria-label", `Source ${found[1]}: ${place(citation)}`);
      button.addEventListener("click", () => openSource(citation));
      parts.push(button);
    } else if (found[1] === undefined) {
      parts.push(link(found[0]));
    } else {
      parts.push(found[0]);
    }
  }
  parts.push(clean(text.slice(at)));
  return parts;
}

function link(address) {
  let url;
  try { url = new URL(address); } catch { return clean(address); }
  if (url.protocol !== "https:" && url.protocol !== "http:") return clean(address);
  const anchor = make("a", "", address);
  anchor.href = url.href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}

const short = (text) => (text.length > 240 ? `${text.slice(0, 240)}…` : text);

function place(source) {
  const label = source.page_label && source.page_label !== String(source.page) ? ` (printed ${source.page_label})` : "";
  return clean(`${source.name ?? source.document}, page ${source.page}${label}`);
}

function sourceButton(source, marker, quote) {
  const where = make("span", "place", marker + place(source));
  if (source.verified === true) where.append(make("span", "checked", "  ✓ quote found on the page"));
  if (source.verified === false) where.append(make("span", "unchecked", "  ✗ quote not found on the page"));
  if (source.stale) where.append(make("span", "unchecked", `  ${source.stale}`));
  const button = make("button", "", where, make("q", "", quote));
  button.type = "button";
  button.addEventListener("click", () => openSource(source));
  return button;
}

function scroll() {
  $("talk").scrollTop = $("talk").scrollHeight;
}

function busy(now) {
  $("send").hidden = now;
  $("stop").hidden = !now;
}

// A source

let shown = null;

function openSource(source) {
  if (!source.document_id) return;
  showPage(source.document_id, source.page, source);
}

async function showPage(id, number, source) {
  let page;
  try {
    page = await json(`/v1/documents/${encodeURIComponent(id)}/pages/${number}`);
  } catch (error) {
    say(error.message);
    page = null;
  }
  const dialog = $("source");
  if (!dialog.open) dialog.showModal();
  if (!page) {
    $("source-title").textContent = "This document is no longer in the library.";
    $("page").replaceChildren();
    $("where").textContent = "";
    $("before").disabled = $("after").disabled = true;
    return;
  }
  shown = { id, page, source };
  $("source-title").textContent = place(page);
  $("where").textContent = `${page.page} of ${page.pages}`;
  $("before").disabled = page.page <= 1;
  $("after").disabled = page.page >= page.pages;
  const letters = Array.from(page.text); // offsets count characters, not UTF-16 units
  const from = source ? Math.max(0, Math.min(letters.length, source.start - page.start)) : 0;
  const to = source ? Math.max(from, Math.min(letters.length, source.end - page.start)) : 0;
  const part = (a, b) => clean(letters.slice(a, b).join(""));
  const mark = make("mark", "", part(from, to));
  $("page").replaceChildren(part(0, from), ...(to > from ? [mark] : []), part(to));
  $("page").scrollTop = 0;
  if (to > from) mark.scrollIntoView({ block: "center" });
  if (!letters.length) $("page").textContent = "No text was found on this page.";
  $("page").focus({ preventScroll: true });
}

// Documents

let known = [];

async function refresh() {
  known = (await json("/v1/documents")).data;
  $("count").textContent = `(${known.length})`;
  $("documents").replaceChildren(...known.map(documentRow));
  if (!known.length) $("documents").append(make("li", "", make("span", "facts", "Nothing is here yet. Add a file to begin.")));
}

function documentRow(item) {
  const facts = [`${item.pages} ${item.pages === 1 ? "page" : "pages"}`, size(item.bytes), ...item.tags.map((tag) => `#${tag}`)];
  if (item.pages_with_text < item.pages) facts.push(`${item.pages - item.pages_with_text} without text`);
  const open = make("button", "open", make("span", "name", item.name), make("span", "facts", facts.join(" · ")));
  open.type = "button";
  open.addEventListener("click", () => showPage(item.id, 1, null));
  const remove = make("button", "quiet", "✕");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${clean(item.name)}`);
  remove.addEventListener("click", () => confirmRemoval(item));
  return make("li", "", make("div", "", open), remove);
}

const size = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(n / 1e3))} kB`);

function confirmRemoval(item) {
  const rest = item.uploaded ? "Its file is deleted." : "Its file stays where it is.";
  $("sure-text").textContent = `Remove ${clean(item.name)} from the library? ${rest}`;
  $("sure-yes").onclick = async () => {
    $("sure").close();
    try {
      await json(`/v1/documents/${encodeURIComponent(item.id)}`, { method: "DELETE" });
      say(`${item.name} was removed.`);
    } catch (error) {
      say(error.message);
    }
    await refresh();
    $("add").focus();
  };
  $("sure").showModal();
}

function uploadRow(file) {
  const facts = make("span", "facts", "Not sent yet");
  const row = make("li", "", make("div", "", make("span", "name", file.name), facts));
  $("jobs").append(row);
  return { file, facts, row };
}

async function upload({ file, facts, row }) {
  facts.textContent = "Sending";
  try {
    const path = `/v1/documents?name=${encodeURIComponent(file.name)}`;
    let job = await json(path, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
    while (job.status === "queued" || job.status === "reading") {
      facts.textContent = stage(job);
      await new Promise((done) => setTimeout(done, POLL));
      job = await look(job);
    }
    if (job.status === "failed") throw new Refused(0, job.reason ?? "It cannot be read.");
    if (job.reason) {
      facts.textContent = clean(job.reason);
      setTimeout(() => row.remove(), 8000);
    } else {
      row.remove();
    }
    say(`${file.name} was added.`);
    await refresh();
  } catch (error) {
    facts.className = "facts bad";
    facts.textContent = clean(error.message);
    const away = make("button", "quiet", "✕");
    away.type = "button";
    away.setAttribute("aria-label", `Dismiss ${clean(file.name)}`);
    away.addEventListener("click", () => row.remove());
    row.append(away);
    say(`${file.name}: ${error.message}`);
  }
}

function stage(job) {
  if (job.reason) return clean(job.reason);
  if (job.passages) return `Reading: ${job.passages_done} of ${job.passages} passages`;
  return job.status === "queued" ? "Waiting" : "Reading";
}

/** Return how far an upload is. It is kept while the server starts anew, so that is no end of looking. */
async function look(job) {
  try {
    return await json(`/v1/documents/jobs/${encodeURIComponent(job.id)}`);
  } catch (error) {
    if (error instanceof Refused && ![0, 429, 503].includes(error.status)) throw error;
    return { ...job, reason: error.message };
  }
}

async function uploadAll(files) {
  for (const row of [...files].map(uploadRow)) await upload(row);
}

// The key

function askForKey(problem) {
  $("door-problem").textContent = clean(problem);
  if (!$("door").open) $("door").showModal();
}

$("door-form").addEventListener("submit", () => {
  sessionStorage.setItem(KEY, $("key").value.trim());
  $("key").value = "";
  refresh().catch(() => {});
});

// What people do

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question || stopping) return;
  $("question").value = "";
  ask(question);
});
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("ask").requestSubmit();
  }
});
const halt = () => { stopping?.abort(); $("question").focus(); };
$("stop").addEventListener("click", halt);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && stopping && !document.querySelector("dialog[open]")) halt();
});
$("fresh").addEventListener("click", () => {
  stopping?.abort();
  turns = [];
  $("talk").replaceChildren($("welcome"));
  $("welcome").hidden = false;
  $("question").focus();
});
function shelf(open) {
  $("shelf").classList.toggle("shown", open);
  $("toggle").setAttribute("aria-expanded", String(open));
  (open ? $("close-shelf") : $("toggle")).focus();
}
$("toggle").addEventListener("click", () => shelf(true));
$("close-shelf").addEventListener("click", () => shelf(false));
$("shelf").addEventListener("keydown", (event) => { if (event.key === "Escape") shelf(false); });
$("add").addEventListener("click", () => $("files").click());
$("files").addEventListener("change", async () => {
  const files = [...$("files").files];
  $("files").value = "";
  await uploadAll(files);
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    $("shelf").classList.toggle("over", name === "dragover");
    if (name === "drop") uploadAll([...event.dataTransfer.files]);
  });
}
$("source-close").addEventListener("click", () => $("source").close());
$("before").addEventListener("click", () => showPage(shown.id, shown.page.page - 1, shown.source));
$("after").addEventListener("click", () => showPage(shown.id, shown.page.page + 1, shown.source));
$("sure-no").addEventListener("click", () => $("sure").close());
refresh().catch((error) => say(error.message));
$("question").focus();
