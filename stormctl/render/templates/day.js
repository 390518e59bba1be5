"use strict";
const day = document.getElementById("day");
const lost = document.getElementById("lost");
const SILENT_MS = 12000, AGAIN_MS = 3000;
let source = null, heard = Date.now(), again = 0;
const clock = (at) => new Date(at).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hourCycle: "h23"});
const show = (html) => {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const parts = [...fresh.content.children], known = new Set(parts.map((part) => part.id));
  for (const old of [...day.children]) if (!known.has(old.id)) old.remove();
  parts.forEach((part, place) => {
    const old = document.getElementById(part.id);
    if (!old) day.insertBefore(part, day.children[place] || null);
    else if (!old.isEqualNode(part)) old.replaceWith(part);
  });
};
const hear = () => { heard = Date.now(); lost.hidden = true; };
const lose = () => {
  if (lost.hidden) lost.textContent = `Connection lost since ${clock(heard)}: what you see is as of then`;
  lost.hidden = false;
};
const connect = () => {
  clearTimeout(again);
  if (source) source.close();
  source = new EventSource("/events");
  source.addEventListener("day", (event) => { hear(); show(JSON.parse(event.data)); });
  source.addEventListener("beat", hear);
  source.onerror = () => { lose(); source.close(); clearTimeout(again); again = setTimeout(connect, AGAIN_MS); };
};
setInterval(() => { if (Date.now() - heard > SILENT_MS) { lose(); connect(); } }, AGAIN_MS);
connect();
