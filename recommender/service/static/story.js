/* A story's page: withdraw it, or restore it, with the admin key. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-story]");
  if (!form) return;
  const key = form.querySelector("input"), button = form.querySelector("button"), status = form.querySelector(".status");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!key.value) {
      status.textContent = "Type the admin key first.";
      key.focus();
      return;
    }
    const withdraw = form.dataset.action === "withdraw";
    button.disabled = true;
    try {
      const response = await fetch("/v1/stories/" + encodeURIComponent(form.dataset.story), {
        method: "PATCH",
        headers: { Authorization: "Bearer " + key.value, "Content-Type": "application/json" },
        body: JSON.stringify({ status: withdraw ? "canceled" : "usable" }),
      });
      const answer = await response.json();
      if (!response.ok) status.textContent = answer.title + (answer.detail ? ": " + answer.detail : "");
      else if (withdraw) {
        status.textContent = "Withdrawn: it is in no answer from now on.";
        form.dataset.action = "restore";
        button.textContent = "Restore";
      } else location.reload();
    } catch {
      status.textContent = "The service does not answer.";
    }
    button.disabled = false;
  });
})();
