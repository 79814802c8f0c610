import { html } from "../http/html";
import type { ToolLook } from "../pages/look";

/** Aubergine, with the conversations in a column of their own. */
export const slackLook: ToolLook = {
  name: "Slack",
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40"><rect x="2" y="2" width="36" height="36" rx="9" class="mark-ground"/><path d="M15 10 12 30M28 10 25 30M10 15h20M10 25h20" stroke="currentColor" stroke-width="3" stroke-linecap="round" fill="none"/></svg>`,
  light: {
    background: "#ffffff",
    panel: "#faf8fb",
    text: "#1d1c1d",
    quiet: "#616061",
    line: "#e0dce2",
    accent: "#6b2c71",
    onAccent: "#ffffff",
    bar: "#3f0e40",
    onBar: "#f4ecf5",
  },
  dark: {
    background: "#1a1d21",
    panel: "#222529",
    text: "#e8e8e8",
    quiet: "#ababad",
    line: "#3a3d42",
    accent: "#d9a6e0",
    onAccent: "#221226",
    bar: "#2a0f2b",
    onBar: "#f0e6f1",
  },
  font: "Lato, system-ui, sans-serif",
  cornerPx: 6,
  consent: "band",
  css: `.mention { color: var(--accent); } .message { margin: .9rem 0; } .message h3 { display: inline; font-size: .95rem; margin: 0; } .message > div { white-space: pre-wrap; }
.message.reply { margin-inline-start: 2rem; border-inline-start: 2px solid var(--line); padding-inline-start: .8rem; }
.message pre.code { background: var(--panel); border: 1px solid var(--line); border-radius: var(--corner); padding: .5rem .8rem; margin: .3rem 0; overflow-x: auto; }
.message code { color: var(--accent); } .reactions { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: .3rem 0; }
.reactions li { border: 1px solid var(--line); border-radius: 99px; padding: 0 .55rem; font-size: .85rem; }`,
};
