/* The desk: answers while typing, and lists to copy. Without this script the form's button does the same. */
(() => {
  "use strict";
  const form = document.getElementById("desk");
  const results = document.getElementById("results");
  const status = document.getElementById("status");
  let timer = 0, asking = null, asked = "";

  const say = (text) => { if (status) status.textContent = text; };

  async function ask() {
    const body = new URLSearchParams(new FormData(form));
    if (body.toString() === asked) return;
    asked = body.toString();
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch("/desk/results", { method: "POST", body, signal: mine.signal });
      const text = await response.text();
      if (mine !== asking) return;
      if (!(response.headers.get("content-type") || "").startsWith("text/html")) throw new Error("HTTP " + response.status);
      results.innerHTML = text; // made by this service's own template, every value escaped
      const found = results.querySelector("[data-count]");
      if (!found || !found.dataset.time) say("");
      else say((found.dataset.count === "1" ? "1 story" : found.dataset.count + " stories") + ", " + found.dataset.time + " ms");
    } catch (error) {
      if (error.name === "AbortError") return;
      asked = "";
      say("The service does not answer. What you typed is still here; try again.");
    }
    if (mine === asking) results.removeAttribute("aria-busy");
  }

  if (form) {
    form.classList.add("scripted");
    const later = (wait) => { clearTimeout(timer); timer = setTimeout(ask, wait); };
    const show = (slider) => { slider.nextElementSibling.textContent = Math.round(100 * slider.value); };
    form.querySelectorAll(".slide input").forEach(show);
    form.addEventListener("input", (event) => {
      if (event.target.type === "range") show(event.target);
      if (!event.target.matches("[data-pick]")) later(event.target.name === "q" ? 250 : 80);
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); later(0); });
    if (form.elements.q.value.trim()) later(0);
    if (matchMedia("(max-width: 56rem)").matches) form.querySelector("details.controls").open = false;
  }

  const escaped = (text) => text.replace(/[&<>"]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark]);
  const FORMATS = {
    html: (items) => "<ul>\n" + items.map(({ title, url }) =>
      "  <li>" + (url ? `<a href="${escaped(url)}">${escaped(title)}</a>` : escaped(title)) + "</li>\n").join("") + "</ul>\n",
    markdown: (items) => items.map(({ title, url }) => {
      const words = title.replace(/([\\`*_[\]<>])/g, "\\$1");
      return "- " + (url ? `[${words}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)` : words) + "\n";
    }).join(""),
    text: (items) => "Read more:\n" + items.map(({ title }) => "- " + title + "\n").join(""),
  };

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { // no permission, or a page without https: the old way
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const rows = [...button.closest(".found").querySelectorAll(".hit")];
    const picked = rows.filter((row) => row.querySelector("[data-pick]").checked);
    const items = (picked.length ? picked : rows).map((row) => ({ title: row.dataset.title, url: row.dataset.url || "" }));
    const done = await copy(FORMATS[button.dataset.copy](items));
    say(done ? `Copied ${items.length} ${items.length === 1 ? "story" : "stories"} as ${button.textContent}.` : "The browser refused to copy.");
    button.focus();
  });
})();
