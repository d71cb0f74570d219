// The player: one clock for every view on the page.
const PLAY = "M4 2l10 6-10 6z", PAUSE = "M3 2h4v12H3zM9 2h4v12H9z", FIRST = "M2 2h2v12H2zM14 2v12L5 8z", LAST = "M12 2h2v12h-2zM2 2v12l9-6z";
const BACK = "M11 2v12L3 8z", FORTH = "M5 2v12l8-6z";
const WHOLE = 14; // seconds that a whole run takes at speed 1
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const BANDS = ["#0077BB", "#009988", "#AA4499", "#EE7733", "#999933", "#5544BB"];
const SIGNS = { NaN: "✕", knob: "◆", note: "●", warning: "▲" };
const LOSSES = ["loss", "distance"]; // charts of what a stage lowers

export default function (component) {
  return mount(component, makePlayer);
}

function makePlayer(root, store, again) {
  let setState = () => {}, told = '{"share":null,"n":null}', timer = 0, frame = 0, last = 0, started = "", dragging = false, marksAt = [], colors = {};
  const play = button("Play (space)", icon(PLAY), () => toggle());
  const live = el("button", { type: "button", class: "live", text: "▸ live", title: "Follow the run as it works (End)", onclick: () => seek(Infinity, true) });
  const speed = el("select", { "aria-label": "Speed", title: "Speed ( [ and ] )", onchange: () => setSpeed(Number(speed.value)) });
  speed.append(...SPEEDS.map((s) => el("option", { value: s, text: `×${s}` })));
  const track = el("canvas", { tabindex: 0, role: "slider", "aria-label": "Time in the run", "aria-valuemin": 0, "aria-valuemax": 100 });
  const says = el("span", { class: "says", "aria-live": "off" });
  const tip = el("div", { class: "tip", hidden: true });
  const help = el("dialog", { "aria-label": "Keys" });
  const keysButton = button("Keys (?)", el("span", { text: "?" }), () => help.showModal());
  const move = el("div", { class: "moves" },
    button("To the start (Home)", icon(FIRST), () => seek(0)), button("One step back (←)", icon(BACK), () => step(-1)), play,
    button("One step on (→)", icon(FORTH), () => step(1)), button("To the end (End)", icon(LAST), () => seek(store.reach, active())));
  root.append(el("div", { class: "player" }, move, el("div", { class: "track" }, track, tip), el("div", { class: "ends" }, says, live, speed, keysButton)), help);
  fillHelp(help);

  const active = () => store.shown.some((run) => run.records.length && !run.over);
  const seek = (x, follow = false) => ((store.clock.wanted = null), store.seek(x, follow), commit());
  const setSpeed = (value) => ((store.clock.speed = value), (speed.value = value), again());

  function toggle(on = !store.clock.playing) {
    if (on && !store.clock.follow && store.clock.x >= store.reach - 1e-9) store.clock.x = 0;
    if (on && store.clock.follow && !active()) Object.assign(store.clock, { x: 0, follow: false });
    if (on && store.clock.follow) on = false; // already moving with the run: this press holds the view
    if (!on) store.clock.follow = false;
    store.clock.playing = on;
    commit();
    store.emit("time");
    run();
  }

  // One report back or on; a stage with `far`.
  function step(by, far = false) {
    const lead = store.shown.find((r) => r.records.length);
    if (!lead) return;
    const stops = far ? lead.stages.map((s) => lead.records.find((r) => r.n >= s.n)) : lead.records.filter((r) => ["images", "scalars", "scored", "stage"].includes(r.kind));
    const places = [...new Set(stops.filter(Boolean).map((r) => store.where(lead, r)))].sort((a, b) => a - b), x = store.clock.x;
    const to = by > 0 ? places.find((p) => p > x + 1e-9) ?? store.reach : places.reverse().find((p) => p < x - 1e-9) ?? 0;
    store.clock.playing = false;
    seek(to);
  }

  function run() {
    if (frame) return;
    last = performance.now();
    const beat = (now) => {
      frame = 0;
      const passed = Math.min(0.1, (now - last) / 1000), clock = store.clock, reach = store.reach;
      last = now;
      if (clock.follow && clock.x < reach) {
        const rest = reach - clock.x;
        clock.x = calm() || rest < store.end * 2e-4 ? reach : clock.x + rest * Math.min(1, passed * 5);
        store.emit("time");
      } else if (clock.playing) {
        clock.x = Math.min(reach, clock.x + (passed * clock.speed * store.end) / WHOLE);
        if (clock.x >= reach) {
          clock.playing = false;
          clock.follow = active();
          commit();
        }
        store.emit("time");
      }
      if (clock.playing || (clock.follow && clock.x < store.reach)) frame = requestAnimationFrame(beat);
    };
    frame = requestAnimationFrame(beat);
  }

  // The link keeps where the clock stands, but only when it rests.
  function commit() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (store.clock.playing || dragging) return;
      const [first] = store.shown, n = store.clock.follow || !first ? null : (store.at(first, first.records)?.n ?? null);
      const at = { share: store.clock.follow ? null : Number((store.clock.x / store.end).toFixed(4)), n }, text = JSON.stringify(at);
      if (text !== told) setState("at", at);
      told = text;
    }, 300);
  }

  const place = (event) => (event.offsetX / Math.max(1, track.clientWidth)) * store.end;
  track.onpointerdown = (event) => {
    dragging = true;
    track.setPointerCapture(event.pointerId);
    store.clock.playing = false;
    store.seek(place(event));
  };
  track.onpointermove = (event) => {
    if (dragging) store.seek(place(event));
    showTip(event);
  };
  track.onpointerup = track.onpointercancel = () => ((dragging = false), commit());
  track.onpointerleave = () => (tip.hidden = true);

  function showTip(event) {
    const near = marksAt.find((m) => Math.abs(m.x - event.offsetX) < 7);
    tip.hidden = !near && dragging;
    const lead = store.shown[0];
    if (!near && !lead?.records.length) return void (tip.hidden = true);
    tip.textContent = near ? near.text : describe(lead, store.at(lead, lead.records, true), place(event));
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(track.clientWidth - tip.offsetWidth - 4, event.offsetX - tip.offsetWidth / 2))}px`;
  }

  function describe(run, record, x) {
    const i = x === undefined ? -1 : lastAt(run.records, (r) => store.where(run, r), x);
    const at = i >= 0 ? run.records[i] : record;
    if (!at) return "waiting for the first report";
    const stage = run.stages[at.in], part = stage.parts > 1 ? ` ${stage.part + 1}/${stage.parts}` : "";
    return `${stage.name}${part} · ${stage.steps ? `step ${Math.min(at.local + 1, stage.steps)}/${stage.steps}` : `${Math.round(at.t)} s`}`;
  }

  function onKey(event) {
    const origin = event.composedPath()[0], key = event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || (typing(event) && origin !== track)) return;
    if (origin?.dataset?.keys?.split(" ").includes(key)) return;
    if (key === " " && origin?.tagName === "BUTTON") return;
    const index = SPEEDS.indexOf(store.clock.speed);
    const doing = {
      " ": () => toggle(), ArrowLeft: () => step(-1, event.shiftKey), ArrowRight: () => step(1, event.shiftKey),
      Home: () => seek(0), End: () => seek(store.reach, active()), "[": () => setSpeed(SPEEDS[Math.max(0, index - 1)]),
      "]": () => setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, index + 1)]), "?": () => help.showModal(),
      l: () => copyLink(), Escape: () => store.set("only", null),
    }[key.length === 1 ? key.toLowerCase() : key];
    if (doing) doing();
    else if (/^[0-9]$/.test(key)) store.set("only", store.only === (Number(key) + 9) % 10 ? null : (Number(key) + 9) % 10);
    else if ("xdbsz".includes(key.toLowerCase()) && key.length === 1) store.emit("key", key.toLowerCase());
    else return;
    event.preventDefault();
  }
  window.addEventListener("keydown", onKey);

  function copyLink() {
    navigator.clipboard?.writeText(window.location.href).then(() => {
      says.textContent = "link copied";
      setTimeout(again, 1500);
    }, again);
  }

  function update(component) {
    const { runs, align, start } = component.data, clock = store.clock, name = JSON.stringify([runs, align]);
    setState = component.setStateValue;
    stick(root.getRootNode().host);
    if (name === started) return;
    const same = JSON.stringify(clock.runs) === JSON.stringify(runs), share = store.clock.x / store.end;
    started = name;
    Object.assign(clock, { runs, align });
    if (same && start === null) clock.x = clock.follow ? store.reach : share * store.end;
    else Object.assign(clock, { playing: false, follow: start === null, wanted: start, x: start === null ? store.reach : start * store.end });
    speed.value = clock.speed;
    store.emit("time");
  }

  // New data: keep up with a run that is followed, and go where a shared link points once that part is there.
  function heard(what) {
    const clock = store.clock;
    if (what === "data" && typeof clock.wanted === "number") {
      clock.x = Math.min(clock.wanted * store.end, store.reach);
      if (store.shown.every((r) => r.over) && store.reach >= clock.wanted * store.end - 1e-6) clock.wanted = null;
      store.emit("time");
    }
    if (dragging || clock.playing) clock.wanted = null;
    if (what === "time" && !clock.follow && clock.wanted === null) commit(); // another view went there
    if (what === "data" && clock.follow) {
      if (store.shown.every((r) => r.over)) clock.x = store.reach;
      run();
      store.emit("time");
    }
    if (what !== "hover") again();
  }

  function draw() {
    const clock = store.clock, moving = clock.playing || (clock.follow && active());
    play.replaceChildren(icon(moving ? PAUSE : PLAY));
    const words = moving ? "Hold the view; the run goes on (space)" : "Play (space)";
    play.title = words;
    play.setAttribute("aria-label", words);
    live.hidden = !active();
    live.setAttribute("aria-pressed", String(clock.follow));
    const lead = store.shown.find((r) => r.records.length);
    const spoken = lead ? describe(lead, store.at(lead, lead.records)) : "waiting for the first report";
    says.textContent = clock.align === "step" || !lead ? spoken : `${spoken} · ${words2(clock)}`;
    track.setAttribute("aria-valuenow", Math.round((100 * clock.x) / store.end));
    track.setAttribute("aria-valuetext", spoken);
    paint();
  }

  const words2 = (clock) => (clock.align === "fraction" ? `${Math.round(clock.x * 100)} %` : `${words(clock.x)} ${ALIGNS[clock.align]}`);

  function paint() {
    const width = Math.max(60, track.parentElement.clientWidth), height = 52, look = theme(root.getRootNode());
    const g = fit(track, width, height), end = store.end, px = (x) => (x / end) * width;
    const shown = store.shown.filter((r) => r.records.length), rows = Math.max(1, shown.length), tall = 13 / Math.min(rows, 3);
    g.fillStyle = look.panel;
    g.fillRect(0, 0, width, height);
    marksAt = [];
    shown.slice(0, 3).forEach((run, row) => bands(g, run, row * tall, tall, px, look, rows === 1));
    shown.forEach((run, row) => spark(g, run, px, shown.length > 1 ? COLORS[row % COLORS.length] : look.text));
    g.fillStyle = look.text;
    g.globalAlpha = 0.5;
    g.fillRect(0, height - 3, px(store.reach), 3); // what has arrived
    g.globalAlpha = 1;
    shown.forEach((run) => run.marks.forEach((mark) => sign(g, mark, px(store.where(run, mark.record)), height - 9, look)));
    const x = Math.max(1, Math.min(width - 1, px(store.clock.x)));
    g.fillStyle = look.accent;
    g.fillRect(x - 1, 0, 2.5, height);
    g.beginPath();
    g.arc(x, 7, 6, 0, 7);
    g.fill();
  }

  function bands(g, run, top, tall, px, look, named) {
    for (const stage of run.stages) {
      const first = run.records.find((r) => r.n >= stage.n);
      if (!first) continue;
      const index = run.stages.indexOf(stage), next = run.stages[index + 1];
      const from = store.where(run, first), nextRecord = next && run.records.find((r) => r.n >= next.n);
      const to = nextRecord ? store.where(run, nextRecord) : run.end(store.clock.align, store.wide);
      colors[stage.name] ??= BANDS[Object.keys(colors).length % BANDS.length];
      g.globalAlpha = 0.75;
      g.fillStyle = colors[stage.name];
      g.fillRect(px(from) + 0.5, top, Math.max(1, px(to) - px(from) - 1), tall - 0.5);
      g.globalAlpha = 1;
      const name = stage.parts > 1 ? `${stage.name} ${stage.part + 1}` : stage.name;
      g.font = `600 10px ${look.font}`;
      if (named && g.measureText(name).width < px(to) - px(from) - 6) {
        g.fillStyle = "#fff";
        g.fillText(name, px(from) + 4, top + tall - 3.5);
      }
    }
  }

  // The loss, each stage on its own scale: where it falls fast is where to look.
  function spark(g, run, px, ink) {
    run.stages.forEach((stage, index) => {
      const points = run.scalars.filter((r) => r.in === index && lossOf(run, r) !== null).map((r) => [store.where(run, r), lossOf(run, r)]);
      if (points.length < 2) return;
      const low = Math.min(...points.map((p) => p[1])), high = Math.max(...points.map((p) => p[1]));
      g.strokeStyle = ink;
      g.globalAlpha = 0.75;
      g.lineWidth = 1.2;
      g.beginPath();
      points.forEach(([x, y], i) => g[i ? "lineTo" : "moveTo"](px(x), 40 - (22 * (y - low)) / (high - low || 1)));
      g.stroke();
      g.globalAlpha = 1;
    });
  }

  const lossOf = (run, r) => r.values.loss ?? Object.entries(r.values).find(([name]) => LOSSES.includes(run.quantity(name).chart))?.[1] ?? null;

  function sign(g, mark, x, y, look) {
    marksAt.push({ x, text: mark.text });
    g.fillStyle = { NaN: "#CC3311", warning: "#EE7733", knob: "#AA4499", note: look.text }[mark.what];
    g.font = "11px sans-serif";
    g.textAlign = "center";
    g.fillText(SIGNS[mark.what], x, y + 3);
    g.textAlign = "left";
  }

  const remove = () => {
    window.removeEventListener("keydown", onKey);
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    store.clock.playing = false;
  };
  return { update, draw, heard, remove };
}

// The clock stays in sight while the page scrolls; where the page is built otherwise it simply scrolls away.
function stick(host) {
  const frame = host?.closest?.("[data-testid=stElementContainer]");
  if (frame) Object.assign(frame.style, { position: "sticky", top: "3.5rem", zIndex: "20" });
}

function fillHelp(help) {
  const keys = [["Space", "play, or hold the view"], ["← →", "one report back or on"], ["Shift ← →", "one stage back or on"], ["Home, End", "start, end (follow a running run)"],
    ["[ ]", "slower, faster"], ["1 … 9, 0", "only this class; again for all"], ["X", "swap the two runs"], ["D", "difference"], ["B", "blink"], ["Z", "reset the map"],
    ["L", "copy the link"], ["S", "save a still image of the wall"], ["?", "these keys"]];
  const list = el("dl", {}, ...keys.flatMap(([key, what]) => [el("dt", { text: key }), el("dd", { text: what })]));
  help.append(el("strong", { text: "Keys" }), list, el("button", { type: "button", text: "Close", onclick: () => help.close() }));
}
