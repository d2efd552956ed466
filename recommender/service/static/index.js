/* The index page: serve another generation, with the admin key. */
(() => {
  "use strict";
  const key = document.getElementById("key");
  const status = document.getElementById("status");
  const form = document.getElementById("key-form");
  if (form) form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-promote]");
    if (!button) return;
    if (!key.value) {
      status.textContent = "Type the admin key first.";
      key.focus();
      return;
    }
    const generation = button.dataset.promote;
    button.disabled = true;
    status.textContent = "Verifying " + generation + "…";
    try {
      const response = await fetch("/v1/index/generations/" + encodeURIComponent(generation) + "/promote", {
        method: "POST", headers: { Authorization: "Bearer " + key.value },
      });
      const answer = await response.json();
      if (response.ok) location.reload();
      else status.textContent = answer.title + (answer.detail ? ": " + answer.detail : "");
    } catch {
      status.textContent = "The service does not answer.";
    }
    button.disabled = false;
  });
})();
