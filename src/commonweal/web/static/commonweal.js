// The little that pages need beyond htmx. Every page works without it.

document.documentElement.classList.add("js");

// A sign-in link carries its token after the #: out of the address and the history, into the form, and send.
const byLink = document.getElementById("by-link");
if (byLink && location.hash.length > 20) {
  byLink.elements.token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  byLink.requestSubmit();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.setAttribute("aria-pressed", "true");
  }
  closeMenus((menu) => !menu.contains(event.target));
});

// A menu closes behind whoever clicks or tabs elsewhere; Escape closes it and goes back to what opened it.
function closeMenus(which) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (which(menu)) menu.open = false;
}
document.addEventListener("focusin", (event) => closeMenus((menu) => !menu.contains(event.target)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.activeElement.closest("details.menu[open]")?.querySelector("summary").focus();
  closeMenus(() => true);
});

document.addEventListener("click", (event) => {
  const unfold = event.target.closest("[data-unfold]");
  if (!unfold) return;
  document.getElementById(unfold.dataset.unfold).classList.add("unfolded");
  unfold.remove();
});

// The session that this page was opened in has ended: load the page again, which leads to where one signs in.
document.addEventListener("over", () => location.reload());

// Parts that are pushed are drawn for many pages: the token of this one is put in when a form is sent.
document.addEventListener("submit", (event) => {
  const field = event.target.elements._csrf_token;
  if (field && !field.value) field.value = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["x-csrftoken"];
}, true);

// One key answers, as long as nobody is writing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  document.querySelector(`[data-keys] button[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
});
