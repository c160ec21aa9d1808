// A chat bubble for any page: <script src="https://SERVER/widget.js" data-key="rag-widget-..."></script>
// Optional: data-title, data-greeting. It lives in a shadow tree and shows everything as text.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const server = new URL(script.src).origin;
  const { key = "", title = "Ask us", greeting = "Ask a question. Answers come from our documents, with the quote that proves them." } = script.dataset;
  const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
  const clean = (text) => String(text ?? "").replace(CONTROL, "");
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; --paper: #fff; --ink: #1a2129; --soft: #5b6773;
      --line: #d9dfe5; --accent: #1f5f8b; --on: #fff; --tint: #e6f0f7; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); }
    @media (prefers-color-scheme: dark) { :host { --paper: #1b2229; --ink: #e6ebf0; --soft: #9ba8b4; --line: #313b45; --accent: #74b3dd;
      --on: #0d141a; --tint: #20303d; } }
    * { box-sizing: border-box; font: inherit; }
    button { cursor: pointer; border: 0; border-radius: 10px; background: var(--accent); color: var(--on); padding: .5rem .9rem; font-weight: 600; min-height: 2.6rem; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .bubble { border-radius: 2rem; box-shadow: 0 4px 18px rgb(0 0 0 / 25%); padding: .7rem 1.2rem; }
    .panel { display: flex; flex-direction: column; width: min(23rem, calc(100vw - 2rem)); height: min(34rem, calc(100vh - 2rem));
      background: var(--paper); color: var(--ink); border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 8px 30px rgb(0 0 0 / 25%); overflow: hidden; }
    [hidden] { display: none !important; }
    .head { display: flex; align-items: center; padding: .5rem .5rem .5rem 1rem; border-bottom: 1px solid var(--line); }
    .head h2 { flex: 1; margin: 0; font-weight: 650; }
    .head button { background: none; color: var(--soft); }
    .talk { flex: 1; overflow-y: auto; padding: 1rem; overflow-wrap: anywhere; }
    p { margin: 0 0 .8rem; white-space: pre-wrap; }
    .soft, .quote { color: var(--soft); font-size: .9em; }
    .user { background: var(--tint); border-radius: 12px; padding: .5rem .8rem; margin-left: 15%; }
    .quote { border-left: 3px solid var(--accent); padding-left: .7rem; }
    .quote b { display: block; font-weight: 600; color: var(--accent); }
    form { display: flex; gap: .4rem; padding: .6rem; border-top: 1px solid var(--line); }
    input { flex: 1; min-width: 0; border: 1px solid var(--line); border-radius: 10px; padding: .5rem .7rem; background: var(--paper); color: var(--ink); }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  `);

  const bubble = make("button", { class: "bubble", type: "button", "aria-expanded": "false" }, clean(title));
  const close = make("button", { type: "button", "aria-label": "Close the chat" }, "✕");
  const talk = make("div", { class: "talk", role: "log", "aria-live": "off", "aria-label": "Conversation", tabindex: "0" }, make("p", { class: "soft" }, clean(greeting)));
  const field = make("input", { type: "text", maxlength: "4000", autocomplete: "off", "aria-label": "Your question", placeholder: "Your question" });
  const send = make("button", { type: "submit" }, "Ask");
  const form = make("form", {}, field, send);
  const status = make("div", { class: "hidden", role: "status", "aria-live": "polite" });
  const panel = make("div", { class: "panel", role: "dialog", "aria-label": clean(title) },
    make("div", { class: "head" }, make("h2", {}, clean(title)), close), talk, form, status);
  panel.hidden = true;

  const host = make("div", { "data-rag-widget": "" });
  const root = host.attachShadow({ mode: "closed" });
  root.adoptedStyleSheets = [sheet];
  root.append(bubble, panel);

  let history = [];
  let working = null;

  const open = (now) => {
    panel.hidden = !now;
    bubble.hidden = now;
    bubble.setAttribute("aria-expanded", String(now));
    (now ? field : bubble).focus();
    if (!now) working?.abort();
  };
  const show = (kind, ...children) => {
    const line = make("p", { class: kind }, ...children);
    talk.append(line);
    talk.scrollTop = talk.scrollHeight;
    return line;
  };

  async function* events(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("The answer broke off.");
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

  async function ask(question) {
    show("user", question);
    const text = show("", "…");
    status.textContent = "Searching";
    working = new AbortController();
    send.disabled = true;
    let written = "";
    try {
      const answer = await fetch(`${server}/v1/chat/completions`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ messages: [...history.slice(-8), { role: "user", content: question }], stream: true }),
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: working.signal,
      });
      if (!answer.ok) throw new Error((await answer.json()).error.message);
      let end = {};
      for await (const event of events(answer)) {
        if (event.error) throw new Error(event.error.message);
        const choice = event.choices[0];
        written += choice?.delta.content ?? "";
        if (written) text.textContent = clean(written);
        if (choice?.finish_reason) end = choice.delta;
        talk.scrollTop = talk.scrollHeight;
      }
      for (const one of end.citations ?? []) {
        show("quote", make("b", {}, clean(`[${one.marker}] ${one.name}, page ${one.page}`)), clean(`“${one.quote}”`));
      }
      if (end.unsure) show("quote", clean(end.unsure));
      for (const note of end.notes ?? []) if (note.code === "source") show("quote", clean(note.message));
      history.push({ role: "user", content: end.standalone_question ?? question }, { role: "assistant", content: written });
      status.textContent = clean(written);
    } catch (error) {
      text.textContent = error.name === "AbortError" ? "Stopped." : clean(error instanceof TypeError ? "The server cannot be reached." : error.message);
      status.textContent = text.textContent;
    } finally {
      working = null;
      send.disabled = false;
    }
  }

  bubble.addEventListener("click", () => open(true));
  close.addEventListener("click", () => open(false));
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") open(false); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = field.value.trim();
    if (!question || working) return;
    field.value = "";
    ask(question);
  });
  const place = () => document.body.append(host);
  if (document.body) place(); else addEventListener("DOMContentLoaded", place);
})();
