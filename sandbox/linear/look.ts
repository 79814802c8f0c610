import { html } from "../http/html";
import type { ToolLook } from "../pages/look";

/** Quiet and violet, lines drawn thin. */
export const linearLook: ToolLook = {
  name: "Linear",
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" class="mark-ground"/><path d="M8 22 18 32M8 15 25 32M12 9 31 28M19 7 33 21" stroke="currentColor" stroke-width="2.5" fill="none"/></svg>`,
  light: {
    background: "#fbfbfc",
    panel: "#ffffff",
    text: "#1c1d22",
    quiet: "#5b5f6b",
    line: "#dfe1e7",
    accent: "#4a53b8",
    onAccent: "#ffffff",
    bar: "#f1f2f6",
    onBar: "#1c1d22",
  },
  dark: {
    background: "#121317",
    panel: "#1b1c22",
    text: "#eceef3",
    quiet: "#a4a8b5",
    line: "#33353f",
    accent: "#aab1ff",
    onAccent: "#14152b",
    bar: "#1b1c22",
    onBar: "#eceef3",
  },
  font: "Inter, system-ui, sans-serif",
  cornerPx: 8,
  consent: "card",
};
