/* <read-more>: the stories that belong under an article. Attributes and events: docs/widget.md of the project. */
(() => {
  "use strict";
  if (!window.CSSStyleSheet || !("replaceSync" in CSSStyleSheet.prototype) || customElements.get("read-more")) return; // too old: the page's list stays

  const script = document.currentScript;
  const home = script && script.src ? script.src.replace(/(static\/[^/]+\/)?widget\.js.*$/, "") : location.origin + "/";
  const FLOOR = 0.15; // least score, as in the fragment
  const FIELDS = ["title", "url", "image", "date_published", "language", "fallback"];
  const CSS = `
    :host{display:grid}
    :host([hidden]){display:none!important}
    .read-more,slot{display:block;grid-area:1/1;min-width:0;white-space:normal;text-indent:0}
    .read-more,.read-more:empty+slot{background:var(--read-more-background,none);padding:var(--read-more-padding,0)}
    .read-more:not(.ready){visibility:hidden}
    .read-more-heading{font:inherit;font-weight:700;font-size:var(--read-more-heading-size,1.25em);line-height:1.3;margin:0 0 .6em;color:var(--read-more-heading-color,inherit)}
    .read-more-list{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:var(--read-more-columns,1fr);grid-auto-rows:var(--read-more-item-height,calc(2.2em + 1.3em*var(--read-more-lines,2)));column-gap:var(--read-more-gap,1.5em)}
    .read-more-item{position:relative;overflow-wrap:anywhere;box-sizing:border-box;min-width:0;overflow:hidden;display:grid;grid-template-columns:1fr;grid-template-rows:auto 1fr;padding:.5em 3px;border-block-start:1px solid var(--read-more-line,color-mix(in srgb,currentColor 20%,transparent));line-height:1.3}
    .thumbnails .read-more-item{grid-template-columns:var(--read-more-image-width,4.6em) 1fr;column-gap:.8em}
    .thumbnails .read-more-item:not(:has(img))>*{grid-column:2}
    .read-more-image{grid-row:1/3;width:100%;height:100%;min-height:0;max-height:3.5em;object-fit:cover;border-radius:var(--read-more-radius,3px)}
    .read-more-link{color:var(--read-more-link-color,inherit);font-weight:var(--read-more-link-weight,600);text-decoration:none;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:var(--read-more-lines,2);line-clamp:var(--read-more-lines,2);overflow:hidden;max-height:calc(1.3em*var(--read-more-lines,2))}
    .read-more-link::after{content:"";position:absolute;inset:0}
    .read-more-link:hover{text-decoration:underline}
    .read-more-link:focus-visible{outline:none}
    .read-more-item:focus-within:has(:focus-visible){outline:2px solid var(--read-more-focus-color,currentColor);outline-offset:-2px}
    .read-more-date{font-size:.8em;color:var(--read-more-date-color,color-mix(in srgb,currentColor 78%,transparent));white-space:nowrap;justify-self:start}
    @media print{:host{min-height:0!important}.read-more:not(.ready){display:none}}
    @media (prefers-reduced-motion:no-preference){.ready{animation:read-more .2s}}
    @keyframes read-more{from{opacity:0}}`;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);

  const shown = new Map(); // element -> addresses in its list: no story stands twice on a page
  let turn = Promise.resolve(); // lists are filled in the order of asking

  const near = new IntersectionObserver((entries) => { // one for all: lists fill in the order of the page
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      entry.target._load();
    }
  }, { rootMargin: "600px 0px" });

  const make = (tag, part, parent) => {
    const node = document.createElement(tag);
    if (part) { node.className = "read-more" + (part === "container" ? "" : "-" + part); node.setAttribute("part", part); }
    if (parent) parent.append(node);
    return node;
  };
  const web = (address) => {
    try {
      const url = new URL(address);
      return /^https?:$/.test(url.protocol) ? url : null;
    } catch { return null; }
  };
  const under = (root, path) => root.replace(/\/*$/, "/") + path;
  const meta = (selector, name) => { const node = document.head.querySelector(selector); return node && node[name]; };
  const plain = (address) => { const url = web(address); return url ? url.host.replace(/^www\./, "") + url.pathname.replace(/\/+$/, "") + url.search : ""; };
  const hash = async (text) => { // the name of an exported file
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const read = async (address, signal) => {
    const response = await fetch(address, { signal, credentials: "omit", cache: "no-cache" }); // a withdrawn story is gone at the next look
    if (!response.ok) throw Object.assign(new Error("HTTP " + response.status), { status: response.status });
    return response.json();
  };
  const page = () => (meta('link[rel="canonical"]', "href") || location.href).replace(/#.*/, "");
  const title = () => meta('meta[property="og:title"]', "content") || document.title;

  class ReadMore extends HTMLElement {
    static observedAttributes = ["src", "story-id", "story-url", "limit", "heading", "heading-level", "mode", "section",
      "language", "min-score", "thumbnails", "fallback"];

    constructor() {
      super();
      this._room = this.offsetHeight; // what the page keeps free for it
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      this._nav = make("nav", "container", root);
      this._slot = make("slot", "", root);
      root.addEventListener("click", (event) => { // a click on the list that came with the page, too
        const link = event.target.closest("a[href]");
        if (!link) return;
        const hit = link.hit || { url: link.href, position: this._links().indexOf(link) };
        this._tell("click", { ...hit, generation: this._generation });
      });
    }

    connectedCallback() { this._start(); }

    disconnectedCallback() { this._stop(); shown.delete(this); }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this._started || this._again) return;
      this._again = true; // several attributes set at once are one change
      queueMicrotask(() => { this._again = false; if (this._started) { this._stop(); this._start(); } });
    }

    _links() { return [...this.querySelectorAll("a[href]")]; }

    _seen() { const box = this.getBoundingClientRect(); return box.top < innerHeight && box.bottom > 0; }

    get _limit() { return Math.min(100, Math.max(1, parseInt(this.getAttribute("limit"), 10) || 5)); }

    get _heading() { const text = this.getAttribute("heading"); return text === null ? "Read more" : text.trim(); }

    _tell(name, detail) {
      this.dispatchEvent(new CustomEvent("read-more:" + name, { bubbles: true, composed: true, detail }));
    }

    _stop() {
      near.unobserve(this);
      if (this._abort) this._abort.abort();
      this._abort = null;
      this._started = false;
    }

    _start() {
      this.hidden = false;
      this._hold(this._room || this.offsetHeight);
      this._room = 0;
      this._draw([], this._links().length ? 0 : this._limit); // empty rows: nothing moves when the list arrives
      this._started = true;
      near.observe(this);
    }

    _hold(height) {
      this.style.minHeight = height + "px";
      this.style.minHeight = 2 * height - this.offsetHeight + "px"; // without padding that comes on top
    }

    _load() {
      const abort = (this._abort = new AbortController());
      const timer = setTimeout(() => abort.abort(), this.hasAttribute("fallback") ? 4000 : 10000);
      const answer = this._ask(abort.signal);
      answer.catch(() => {});
      turn = turn.then(async () => {
        try {
          const found = await answer;
          if (this._abort === abort) this._fill(found);
        } catch (error) {
          if (this._abort !== abort) return;
          this._tell("error", { status: error.status || 0, message: String(error.message || error) });
          this._keep();
        } finally { clearTimeout(timer); }
      });
    }

    async _ask(signal) {
      const id = this.getAttribute("story-id"), url = this.getAttribute("story-url") || page();
      try {
        try {
          return await this._get(id ? { id } : { url }, signal);
        } catch (error) {
          if ((error.status !== 404 && error.status !== 422) || !title().trim()) throw error;
          return await this._get({ text: title() }, signal); // a page so new that the service does not know it
        }
      } catch (error) {
        if (!this.hasAttribute("fallback") || (error.status < 500 && error.status !== 429)) throw error;
        return this._file(id, url).catch(() => { throw error; });
      }
    }

    _get(query, signal) {
      const asked = new URLSearchParams(query);
      asked.set("limit", Math.min(100, 2 * this._limit + 10)); // some have no address, or stand in another list
      for (const name of ["mode", "section", "language"]) if (this.getAttribute(name)) asked.set(name, this.getAttribute(name));
      asked.set("min_score", this.getAttribute("min-score") || FLOOR);
      asked.set("fields", FIELDS.join());
      return read(under(this.getAttribute("src") || home, "v1/related?" + asked), signal);
    }

    async _file(id, url) { // what `recommender export` wrote
      const base = this.getAttribute("fallback"), key = plain(url), signal = AbortSignal.timeout(4000);
      const name = await hash(id || key);
      const path = id ? name.slice(0, 2) + "/" + name.slice(2) : (await read(under(base, `urls/${name.slice(0, 3)}.json`), signal))[key];
      return read(under(base, `stories/${path}.json`), signal);
    }

    _fill(found) {
      const taken = new Set([plain(page()), plain(location.href)]);
      for (const [other, keys] of shown) if (other !== this) keys.forEach((key) => taken.add(key));
      const hits = found.hits.filter((hit) => hit.title && web(hit.url) && !taken.has(plain(hit.url)) && taken.add(plain(hit.url)))
        .slice(0, this._limit);
      this._generation = found.index && found.index.generation;
      const detail = { generation: this._generation, hits: hits.map(({ id, title, url }) => ({ id, title, url })) };
      if (!hits.length) {
        shown.delete(this);
        this._tell("empty", detail);
        this._vanish();
        return;
      }
      const before = this.offsetHeight;
      this._draw(hits);
      if (this._links().length && this._nav.offsetHeight > before && this._seen()) { // it would push what is being read
        this._draw([], 0);
        this._keep();
        return;
      }
      this._hold(before);
      this._unseen(() => { this.style.minHeight = ""; });
      shown.set(this, new Set(hits.map((hit) => plain(hit.url))));
      this._nav.classList.add("ready");
      this._tell("load", detail);
    }

    _keep() { // the list that came with the page, if one did
      const links = this._links();
      if (!links.length) return this._vanish();
      shown.set(this, new Set(links.map((link) => plain(link.href))));
      this._unseen(() => { this.style.minHeight = ""; });
    }

    _draw(hits, rows) {
      const nav = this._nav, heading = this._heading;
      const thumbnails = this.hasAttribute("thumbnails") && hits.some((hit) => hit.image && web(hit.image.url));
      nav.textContent = "";
      nav.className = "read-more" + (thumbnails ? " thumbnails" : "");
      // landmarks differ in name: "Read more", "Read more 2"
      const place = [...document.querySelectorAll("read-more")].filter((one) => one._heading === heading).indexOf(this);
      nav.setAttribute("aria-label", (heading || "Read more") + (place > 0 ? " " + (place + 1) : ""));
      if (hits.length) this._slot.remove();
      else this.shadowRoot.append(this._slot);
      const level = parseInt(this.getAttribute("heading-level"), 10);
      if (!hits.length && !rows) return;
      if (heading) make("h" + (level >= 1 && level <= 6 ? level : 2), "heading", nav).textContent = heading;
      const ul = make("ul", "list", nav);
      for (; rows; rows--) make("li", "item", ul);
      const tagged = this.closest("[lang]"), language = tagged && tagged.lang;
      let format;
      try {
        format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language || [], { dateStyle: "long", timeZone: "UTC" });
      } catch { /* no such language: dates as 2026-03-02 */ }
      hits.forEach((hit, position) => {
        const item = make("li", "item", ul);
        if (thumbnails && hit.image && web(hit.image.url)) {
          const image = make("img", "image", item);
          image.onerror = () => image.remove();
          for (const [name, value] of [["alt", ""], ["width", hit.image.width || 160], ["height", hit.image.height || 120],
            ["loading", "lazy"], ["decoding", "async"], ["src", hit.image.url]]) image.setAttribute(name, value);
        }
        const link = make("a", "link", item);
        link.setAttribute("href", hit.url);
        link.dir = "auto";
        if (hit.language) link.lang = hit.language;
        link.textContent = hit.title;
        link.hit = { id: hit.id, url: hit.url, position };
        const day = String(hit.date_published || "").slice(0, 10), date = new Date(day);
        if (day.length === 10 && !isNaN(date)) {
          item.append(" ");
          const time = make("time", "date", item);
          time.dir = "auto";
          time.dateTime = day;
          time.textContent = format ? format.format(date) : day;
        }
      });
    }

    _vanish() { this._unseen(() => { this.hidden = true; }); }

    _unseen(change) { // a change of size waits until nobody looks
      const abort = this._abort;
      new IntersectionObserver(([entry], watch) => {
        if (entry.isIntersecting && this._abort === abort) return;
        watch.disconnect();
        if (this._abort === abort) change();
      }, { rootMargin: "100px 0px" }).observe(this);
    }
  }

  customElements.define("read-more", ReadMore);
})();
