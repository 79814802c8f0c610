import { html } from "../http/html";
import type { ToolLook } from "../pages/look";

/** Sheets of paper on a plain desk: round, blue and green. */
export const googleLook: ToolLook = {
  name: "Google Workspace",
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40"><rect x="3" y="3" width="34" height="34" rx="10" class="mark-ground"/><path d="M12 11h10l6 6v12H12z" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linejoin="round"/><path d="M22 11v6h6M16 21h8M16 25h8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/></svg>`,
  light: {
    background: "#f6f8fc",
    panel: "#ffffff",
    text: "#1f2023",
    quiet: "#54595f",
    line: "#d9dee6",
    accent: "#0b57d0",
    onAccent: "#ffffff",
    bar: "#e9eef8",
    onBar: "#1f2023",
  },
  dark: {
    background: "#131416",
    panel: "#1d1f22",
    text: "#e6e8ec",
    quiet: "#aeb4bd",
    line: "#3a3e44",
    accent: "#a8c7fa",
    onAccent: "#062e6f",
    bar: "#1d1f22",
    onBar: "#e6e8ec",
  },
  font: "'Google Sans', Roboto, system-ui, sans-serif",
  cornerPx: 20,
  consent: "split",
  css: ".card { border-radius: 28px; } .bar a { text-decoration: none; } .bar a:hover { text-decoration: underline; }",
};
