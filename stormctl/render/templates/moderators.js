"use strict";
const EVERY_MS = 60000;
const lost = document.getElementById("lost");
let fresh = Date.now();
const clock = (at) => new Date(at).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hourCycle: "h23"});
const renew = async () => {
  if (location.protocol === "file:") { location.reload(); return; }
  try {
    const answer = await fetch(location.href, {cache: "no-store"});
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of ["header", "main", "footer"]) document.querySelector(name).replaceWith(page.querySelector(name));
    fresh = Date.now();
    lost.hidden = true;
  } catch {
    if (lost.hidden) lost.textContent = `Connection lost since ${clock(fresh)}: what you see is as of then`;
    lost.hidden = false;
  }
};
setInterval(renew, EVERY_MS);
addEventListener("online", renew);
