// Asks for the reviews a few times a second and shows which version answered the last 50 times.
"use strict";

const WINDOW = 50;
const EVERY_MS = 200;
const answers = [];
let running = true;

const byId = (id) => document.getElementById(id);

async function ask() {
  try {
    const response = await fetch("/api/v1/products/0/reviews", { cache: "no-store" });
    return response.ok ? (await response.json()).version : "failed";
  } catch {
    return "failed";
  }
}

function show() {
  for (const version of ["v1", "v2", "v3"]) {
    const share = Math.round((100 * answers.filter((a) => a === version).length) / answers.length);
    byId("bar-" + version).style.width = share + "%";
    byId("share-" + version).textContent = share + " %";
  }
  const failed = answers.filter((a) => a === "failed").length;
  byId("counted").textContent = "Last " + answers.length + " requests";
  byId("failed").textContent = failed === 0 ? "none" : failed;
}

async function turn() {
  if (running && !document.hidden) {
    answers.push(await ask());
    if (answers.length > WINDOW) answers.shift();
    show();
  }
  setTimeout(turn, EVERY_MS);
}

byId("pause").addEventListener("click", () => {
  running = !running;
  byId("pause").textContent = running ? "Pause" : "Go on";
});

turn();
