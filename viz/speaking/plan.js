// ── the plan ──
// What Python says about the model.

const $ = (id) => document.getElementById(id);
const plan = JSON.parse($("plan").textContent);
const NAMED = { " ": "␣", "\n": "⏎", "\t": "⇥" };
plan.shown = plan.tokens.map((token) => NAMED[token] ?? token);
const number = new Map(plan.tokens.map((token, k) => [token, k]));
const between = plan.tokens.every((token) => [...token].length === 1) ? "" : " ";
const UNITS = between ? "tokens" : "letters";
