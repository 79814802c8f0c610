import { html } from "../http/html";
import type { ToolLook } from "../pages/look";

/** Warm, round and light: three discs. */
export const asanaLook: ToolLook = {
  name: "Asana",
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40"><rect x="1" y="1" width="38" height="38" rx="13" class="mark-ground"/><circle cx="20" cy="13.5" r="5.2" fill="currentColor"/><circle cx="12" cy="25" r="5.2" fill="currentColor"/><circle cx="28" cy="25" r="5.2" fill="currentColor"/></svg>`,
  light: {
    background: "#f9f8f8",
    panel: "#ffffff",
    text: "#1e1f21",
    quiet: "#5f5a5c",
    line: "#e4dfdf",
    accent: "#b4323b",
    onAccent: "#ffffff",
    bar: "#2e2a2b",
    onBar: "#f7f3f2",
  },
  dark: {
    background: "#1b1819",
    panel: "#262223",
    text: "#f2eeed",
    quiet: "#b5abac",
    line: "#413a3b",
    accent: "#ff9c9a",
    onAccent: "#3a0d10",
    bar: "#120f10",
    onBar: "#f2eeed",
  },
  font: "'Segoe UI', 'Helvetica Neue', system-ui, sans-serif",
  cornerPx: 10,
  consent: "split",
};
