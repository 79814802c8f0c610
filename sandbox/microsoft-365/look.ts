import { html } from "../http/html";
import type { ToolLook } from "../pages/look";

/** Blue and square, with a band across the top. */
export const microsoftLook: ToolLook = {
  name: "Microsoft 365",
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40"><rect x="2" y="2" width="36" height="36" rx="4" class="mark-ground"/><path d="M8 13h24v16H8zM8 13l12 9 12-9" stroke="currentColor" stroke-width="2.5" fill="none" stroke-linejoin="round"/></svg>`,
  light: {
    background: "#f5f6f8",
    panel: "#ffffff",
    text: "#1b1f24",
    quiet: "#565d68",
    line: "#dcdfe4",
    accent: "#0a62b5",
    onAccent: "#ffffff",
    bar: "#0b4f92",
    onBar: "#ffffff",
  },
  dark: {
    background: "#14171b",
    panel: "#1d2127",
    text: "#eef1f5",
    quiet: "#a7afbb",
    line: "#363c46",
    accent: "#7cbcff",
    onAccent: "#06223f",
    bar: "#10314f",
    onBar: "#eef4fb",
  },
  font: '"Segoe UI", system-ui, sans-serif',
  cornerPx: 4,
  consent: "band",
};
