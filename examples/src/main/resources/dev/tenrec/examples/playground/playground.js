import { decode, drawAxes, drawLosses, drawMap, drawPoints, drawScale, drawWires, EDGE } from "./drawing.js";

const MOST_LAYERS = 6;
const MOST_NEURONS = 8;
const SMALL = 20;
/** Losses kept for the curve; beyond, every second one is dropped. */
const MOST_POINTS = 800;

const FEATURES = [
  ["x1", "x₁", (a) => a],
  ["x2", "x₂", (a, b) => b],
  ["x1^2", "x₁²", (a) => a * a],
  ["x2^2", "x₂²", (a, b) => b * b],
  ["x1*x2", "x₁x₂", (a, b) => a * b],
  ["sin(x1)", "sin x₁", (a) => Math.sin(a)],
  ["sin(x2)", "sin x₂", (a, b) => Math.sin(b)],
];

const $ = (id) => document.getElementById(id);
const form = $("settings");
const features = new Set(["x1", "x2"]);
const layers = [4, 2];

let session = null;
let events = null;
let points = { train: [], test: [] };
let frame = null;
let history = [];
let stride = 1;
let playing = false;
let failed = false;
/** Where maps of the network's parts are drawn; [layer][neuron]. */
let units = [];
let featureUnits = [];
let outputUnit = null;
/** The neuron shown large, [layer, neuron], or null for the output. */
let shown = null;
let drawing = false;
/** A frame of a network of which no answer has told yet. */
let early = null;
let seed = 1;

function settings() {
  const value = (name) => form.elements[name].value;
  return {
    data: value("data"),
    noise: Number(value("noise")),
    features: FEATURES.map(([name]) => name).filter((name) => features.has(name)),
    layers,
    activation: value("activation"),
    optimizer: value("optimizer"),
    learningRate: Number(value("learningRate")),
    regularisation: value("regularisation"),
    regularisationRate: Number(value("regularisationRate")),
    batchSize: Number(value("batchSize")),
    seed,
  };
}

function say(text, problem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", problem);
}

async function request(method, path, body) {
  const response = await fetch(`/api/sessions${path}`, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) {
    const error = new Error(`${answer.error}: expected ${answer.expected}, given ${answer.given}; ${answer.hint}`);
    error.status = response.status;
    throw error;
  }
  return answer;
}

/** Requests go one after the other, so that the last change wins. */
let queue = Promise.resolve();
function later(action) {
  queue = queue.then(action).catch(async (error) => {
    if (error.status === 404 && session) {
      session = null;
      say("The session had ended; starting a new one.");
      await start().catch((again) => say(again.message, true));
    } else {
      say(error.message, true);
    }
  });
  return queue;
}

function take(answer) {
  if (answer.generation !== session.generation) {
    session.generation = answer.generation;
    history = [];
    stride = 1;
    setPlaying(false);
  }
  if (answer.train) {
    points = { train: answer.train, test: answer.test };
  }
  const waiting = early;
  early = null;
  if (waiting) {
    receive(waiting);
  } else {
    redraw();
  }
}

async function start() {
  events?.close();
  const answer = await request("POST", "", settings());
  session = { id: answer.id, generation: 0 };
  take(answer);
  failed = false;
  events = new EventSource(`/api/sessions/${session.id}/events`);
  events.onmessage = (event) => receive(JSON.parse(event.data));
  events.addEventListener("end", () => {
    events.close();
    session = null;
    setPlaying(false);
    // Why it failed is worth more than that it has ended.
    if (!failed) {
      say("The session has ended. Press Play to start a new one.");
    }
  });
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED && session) {
      session = null;
      setPlaying(false);
      say("The playground cannot be reached. Is it still running? Press Play to try again.", true);
    }
  };
  say("Ready. Press Play.");
}

function change() {
  later(async () => {
    if (session) {
      const before = session.generation;
      take(await request("PUT", `/${session.id}`, settings()));
      if (session.generation !== before) {
        say("Ready. Press Play.");
      } else if (!playing) {
        say("Changed.");
      }
    } else {
      await start();
    }
  });
}

function command(name) {
  later(async () => {
    if (!session) {
      await start();
    }
    take(await request("POST", `/${session.id}/${name}`));
    setPlaying(name === "play");
    say({ play: "Training.", pause: "Paused.", step: "Trained one epoch.",
      reset: "Started again from the first weights." }[name]);
  });
}

function setPlaying(on) {
  playing = on;
  $("play").querySelector(".label").textContent = on ? "Pause" : "Play";
  $("play").classList.toggle("playing", on);
}

function receive(next) {
  if (next.failure) {
    failed = true;
    say(`Training failed: ${next.failure}`, true);
    return;
  }
  if (!session || next.generation < session.generation) {
    return;
  }
  if (next.generation > session.generation) {
    // It overtook the answer that says so.
    early = next;
    return;
  }
  frame = next;
  if (next.train !== null && next.test !== null && next.epoch % stride === 0 && history.at(-1)?.[0] !== next.epoch) {
    history.push([next.epoch, next.train, next.test]);
    if (history.length > MOST_POINTS) {
      stride *= 2;
      history = history.filter((_, i) => i % 2 === 0);
    }
  }
  if (next.diverged || next.finished) {
    setPlaying(false);
    say(next.diverged ? "The loss is no longer a number. Reset, and choose a smaller learning rate."
      : `Paused after ${next.epoch} epochs. Reset to start again.`, next.diverged);
  }
  redraw();
}

/** Draws once before the next picture of the screen, however often it is called. */
function redraw() {
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      draw();
    });
  }
}

function draw() {
  if (!frame || frame.neurons.length !== units.length) {
    return;
  }
  $("epoch").textContent = frame.epoch;
  $("train-loss").textContent = frame.train === null ? "–" : frame.train.toFixed(3);
  $("test-loss").textContent = frame.test === null ? "–" : frame.test.toFixed(3);
  const maps = frame.neurons.map((layer) => layer.map(decode));
  units.forEach((layer, l) => layer.forEach((unit, n) => maps[l][n] && drawMap(unit.canvas, maps[l][n])));
  const boundary = decode(frame.map);
  drawMap(outputUnit.canvas, boundary);
  const canvas = $("output");
  const neuron = shown && maps[shown[0]]?.[shown[1]];
  drawMap(canvas, neuron || boundary, $("discrete").checked);
  drawAxes(canvas);
  if ($("show-test").checked) {
    drawPoints(canvas, points.test, true);
  }
  drawPoints(canvas, points.train, false);
  drawLosses($("loss"), history);
  const chosen = featureUnits.filter((unit) => features.has(unit.name));
  drawWires($("wires"), [chosen, ...units, [outputUnit]].map((layer) => layer.map((unit) => unit.canvas)), frame.weights);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function unit(className, label, pressed, press, text) {
  const canvas = element("canvas", { width: 2 * SMALL, height: 2 * SMALL, "aria-hidden": "true" });
  const button = element("button", { type: "button", class: `unit ${className}`, "aria-label": label, "aria-pressed": pressed });
  if (text) {
    button.append(element("span", {}, text));
  }
  button.append(canvas);
  button.addEventListener("click", press);
  return { canvas, button };
}

function featureMap(f) {
  const map = new Int8Array(SMALL * SMALL);
  for (let i = 0; i < map.length; i++) {
    const x1 = EDGE * ((2 * (i % SMALL) + 1) / SMALL - 1);
    const x2 = EDGE * (1 - (2 * Math.floor(i / SMALL) + 1) / SMALL);
    map[i] = Math.round(127 * Math.max(-1, Math.min(1, f(x1, x2))));
  }
  return map;
}

function column(title, ...children) {
  return element("div", { class: "column" }, element("h3", {}, title), ...children);
}

function toggleFeature(name, button) {
  if (features.has(name) && features.size === 1) {
    say("A network needs at least one feature.", true);
    return;
  }
  if (!features.delete(name)) {
    features.add(name);
  }
  button.setAttribute("aria-pressed", features.has(name));
  change();
}

function show(l, n) {
  shown = shown && shown[0] === l && shown[1] === n ? null : [l, n];
  units.forEach((layer, i) => layer.forEach(({ button }, j) =>
    button.setAttribute("aria-pressed", shown !== null && shown[0] === i && shown[1] === j)));
  $("output-title").textContent = shown ? `Neuron ${n + 1} of layer ${l + 1}` : "Output";
  redraw();
}

function stepper(l) {
  const button = (sign, text, by, impossible) => {
    const made = element("button", { type: "button", "data-focus": `${l}${sign}`, "aria-label": text }, sign);
    made.disabled = impossible;
    made.addEventListener("click", () => {
      layers[l] += by;
      rebuild(`${l}${sign}`);
    });
    return made;
  };
  return element("div", { class: "count", role: "group", "aria-label": `Neurons of layer ${l + 1}` },
    button("−", `One neuron less in layer ${l + 1}`, -1, layers[l] <= 1),
    element("span", {}, String(layers[l])),
    button("+", `One neuron more in layer ${l + 1}`, 1, layers[l] >= MOST_NEURONS));
}

/** Makes the network's columns anew. */
function build(focus) {
  if (shown && !(shown[1] < layers[shown[0]])) {
    shown = null;
    $("output-title").textContent = "Output";
  }
  featureUnits = FEATURES.map(([name, text, f]) => {
    const made = unit("feature", `Feature ${text}`, features.has(name), () => toggleFeature(name, made.button), text);
    drawMap(made.canvas, featureMap(f));
    return { ...made, name };
  });
  units = layers.map((count, l) => Array.from({ length: count }, (_, n) =>
    unit("neuron", `Neuron ${n + 1} of layer ${l + 1}: show its map`, shown?.[0] === l && shown?.[1] === n, () => show(l, n))));
  outputUnit = unit("neuron", "Output: show its map", false, () => shown && show(...shown));
  const list = (all) => element("div", { class: "units" }, ...all.map(({ button }) => button));
  const blank = () => element("div", { class: "count", "aria-hidden": "true" });
  $("columns").replaceChildren(
    column("Features", blank(), list(featureUnits)),
    ...units.map((layer, l) => column(`Layer ${l + 1}`, stepper(l), list(layer))),
    column("Output", blank(), list([outputUnit])));
  $("layer-count").textContent = layers.length === 1 ? "1 hidden layer" : `${layers.length} hidden layers`;
  $("fewer-layers").disabled = layers.length === 0;
  $("more-layers").disabled = layers.length >= MOST_LAYERS;
  if (focus) {
    document.querySelector(`[data-focus="${focus}"]`)?.focus();
  }
}

function rebuild(focus) {
  build(focus);
  change();
}

$("play").addEventListener("click", () => command(playing ? "pause" : "play"));
$("step").addEventListener("click", () => command("step"));
$("reset").addEventListener("click", () => command("reset"));
$("more-layers").addEventListener("click", () => {
  layers.push(layers.at(-1) ?? 4);
  rebuild();
});
$("fewer-layers").addEventListener("click", () => {
  layers.pop();
  rebuild();
});
for (const id of ["show-test", "discrete"]) {
  $(id).addEventListener("change", redraw);
}
$("noise").addEventListener("input", () => { $("noise-text").textContent = $("noise").value; });
$("batch").addEventListener("input", () => { $("batch-text").textContent = $("batch").value; });
form.addEventListener("change", change);
form.addEventListener("submit", (event) => event.preventDefault());
new ResizeObserver(redraw).observe($("network"));
new ResizeObserver(redraw).observe($("loss"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
window.addEventListener("pagehide", () => {
  events?.close();
  if (session) {
    fetch(`/api/sessions/${session.id}`, { method: "DELETE", keepalive: true });
    session = null;
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    later(start);
  }
});

build();
drawScale($("scale"));
later(start);
