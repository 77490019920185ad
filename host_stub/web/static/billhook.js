// Small enhancements; every page works without them.
"use strict";

const words = document.documentElement.dataset;
const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// Menus: one open at a time, closed by a click outside and by Escape; arrows move inside.
const closeMenus = (except) => each("details.menu[open]", (menu) => menu === except || menu.removeAttribute("open"));

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const stops = [...menu.querySelectorAll("summary, .menu-list a, .menu-list button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    event.preventDefault();
  }
});

// In a table, which scrolls in its box, an open menu stands over the box, at its button.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu[open]") || !menu.closest(".table-box")) return;
  const list = menu.querySelector(".menu-list");
  list.classList.add("floating");
  const button = menu.querySelector("summary").getBoundingClientRect();
  const below = button.bottom + list.offsetHeight + 8 < innerHeight || button.top < list.offsetHeight;
  list.style.top = `${below ? button.bottom + 6 : button.top - list.offsetHeight - 6}px`;
  list.style.left = `${Math.max(8, Math.min(button.right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
}, true);
document.addEventListener("scroll", () => closeMenus(), { capture: true, passive: true });

// Copy buttons: data-copy names the element whose text is copied.
const copyText = async (source) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(source.textContent.trim());
  const selection = window.getSelection();
  selection.selectAllChildren(source);
  document.execCommand("copy");
  return selection.removeAllRanges();
};

each("[data-copy]", (button) => {
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await copyText(document.querySelector(button.dataset.copy));
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
});

// Destructive steps are asked about in a dialog that says what will happen. The form's own question is for those without
// this script: answered here, it does not go along.
const element = (name, properties) => Object.assign(document.createElement(name), properties);

const questions = (form, act) => form.querySelectorAll("[name^=_question]").forEach(act);

const ask = (form, submitter) => {
  const dialog = element("dialog", {});
  const actions = element("div", { className: "form-actions" });
  const cancel = element("button", { type: "button", className: "button plain", textContent: words.cancel });
  const go = element("button", { type: "button", className: "button danger", textContent: submitter.textContent.trim() });
  const title = element("h2", { textContent: form.dataset.confirmTitle || words.confirmTitle, id: "confirm-title" });
  actions.append(cancel, go);
  dialog.append(title, element("p", { textContent: form.dataset.confirm }), actions);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("close", () => dialog.remove());
  cancel.addEventListener("click", () => dialog.close());
  go.addEventListener("click", () => {
    form.dataset.confirmed = "yes";
    questions(form, (field) => { field.disabled = true; });
    dialog.close();
    form.requestSubmit(submitter);
  });
  document.body.append(dialog);
  dialog.showModal();
};

// The same for questions that name what was typed: the server asks them, here they stand over the page.
const showQuestion = (asked) => {
  const dialog = element("dialog", {});
  dialog.append(document.adoptNode(asked));
  dialog.setAttribute("aria-labelledby", "question-title");
  dialog.addEventListener("close", () => dialog.remove());
  asked.querySelector("[data-question-no]").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  asked.classList.remove("card");
  document.body.append(dialog);
  dialog.showModal();
};

const askServer = async (form) => {
  form.dataset.asking = "yes";
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body }).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const asked = page && page.querySelector("[data-question]");
  delete form.dataset.asking;
  // Complaints and other questions are pages of their own. A field called `submit` would hide the form's method.
  return asked ? showQuestion(asked) : HTMLFormElement.prototype.submit.call(form);
};

// A form is sent once; forms that open beside this page or download something may be sent again.
// Attributes are read by name: a field called `method` or `target` would hide the form's property.
const staysHere = (form, submitter) => Boolean(submitter?.formTarget || form.getAttribute("target"));

const lock = (form) => {
  form.dataset.sent = "yes";
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
};
const unlock = (form) => {
  delete form.dataset.sent;
  questions(form, (field) => { field.disabled = false; });
  form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  const submitter = event.submitter || form.querySelector("button[type=submit]");
  if (form.dataset.confirm && !form.dataset.confirmed && submitter && !submitter.formTarget) {
    event.preventDefault();
    ask(form, submitter);
    return;
  }
  delete form.dataset.confirmed;
  if ("ask" in form.dataset) {
    event.preventDefault();
    if (!form.dataset.asking) askServer(form);
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.getAttribute("method") !== "post" || staysHere(form, submitter)) return;
  // Later than this event: a disabled button would not send its own name and value.
  setTimeout(() => lock(form));
  setTimeout(() => unlock(form), 15000);
});
window.addEventListener("pageshow", () => each("form[data-sent]", unlock));

// Filters apply as soon as a choice is made; the way to a gateway opens by itself, once.
each("[data-submit-on-change]", (control) => control.addEventListener("change", () => control.form.requestSubmit()));
window.addEventListener("pageshow", (event) => {
  const restored = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!restored) each("form[data-autosubmit]", (form) => form.requestSubmit());
});

// What is typed into a field is meant to hold: the tick that gives the field up goes away by itself.
each("[data-gives-up]", (tick) => {
  const field = document.getElementById(tick.dataset.givesUp);
  field?.addEventListener("input", () => { if (field.value) tick.checked = false; });
});

// The first error gets the focus, unless the page chose otherwise.
const firstError = document.querySelector("[aria-invalid=true]") || document.querySelector("[data-errors][tabindex]");
if (firstError) firstError.focus();

// Previews: the button posts to data-preview-url into the frame; typing does the same after a pause. What is wrong stands
// in the frame and beside the button; whoever pressed that is led to it, and nobody is who types.
each("form[data-preview-url]", (form) => {
  const button = form.querySelector("[data-preview]");
  const box = document.querySelector("[data-preview-box]");
  if (!button || !box) return;
  const show = () => {
    box.classList.add("busy");
    form.requestSubmit(button);
  };
  const frame = box.querySelector("iframe");
  const said = form.querySelector("[data-preview-said]");
  // The last thing they did, and not which answer this is: that of an earlier preview may still be under way.
  let pressed = false;
  let pause;
  button.addEventListener("click", () => {
    clearTimeout(pause);
    pressed = true;
  });
  form.addEventListener("input", () => { pressed = false; });
  frame.addEventListener("load", () => {
    box.classList.remove("busy");
    const problem = frame.contentDocument?.querySelector("[data-problem]");
    if (said) said.textContent = problem?.innerText ?? "";
    if (problem && pressed) {
      box.scrollIntoView({ block: "nearest" });
      problem.focus();
    }
  });
  if (!("previewAuto" in form.dataset)) return;
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(show, 900);
  });
  show();
});

// A waiting page looks again by itself and is reloaded only when its state has changed; slower and slower.
each("[data-refresh-seconds]", (place) => {
  const look = async (seconds) => {
    if (document.visibilityState === "visible") {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "refresh" } }).catch(() => null);
      const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = fresh && fresh.querySelector("[data-refresh-seconds], [data-state]");
      if (fresh && now?.dataset.state !== place.dataset.state) return location.reload();
    }
    return setTimeout(look, seconds * 1000, Math.min(seconds * 1.3, 60));
  };
  const first = Number(place.dataset.refreshSeconds);
  setTimeout(look, first * 1000, first);
});
