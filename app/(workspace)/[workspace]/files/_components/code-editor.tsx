"use client";

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { markdown } from "@codemirror/lang-markdown";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";

export interface CodeEditorProps {
  readonly initialText: string;
  readonly label: string;
  readonly isMarkdown: boolean;
  /** Called with the whole text on every change. */
  readonly onChange: (text: string) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
}

/** Colours come from the page's own tokens, so that both themes fit without a second list. */
const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--font-geist-mono), monospace", caretColor: "var(--foreground)", padding: "0.75rem 0" },
  ".cm-scroller": { lineHeight: "1.6" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted-foreground)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklch, var(--accent) 55%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--foreground)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selected)",
  },
});

/** A text editor (CodeMirror). Escape leaves, Cmd/Ctrl-S saves; Tab moves on, so that the keyboard is never caught (WCAG 2.1.2). */
export default function CodeEditor({ initialText, label, isMarkdown, onChange, onSave, onCancel }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const handlers = useRef({ onChange, onSave, onCancel });
  useEffect(() => {
    handlers.current = { onChange, onSave, onCancel };
  }, [onChange, onSave, onCancel]);
  const first = useRef({ initialText, label, isMarkdown });

  useEffect(() => {
    if (host.current === null) return;
    const { initialText: text, label: name, isMarkdown: hasMarkdown } = first.current;
    const handle = (name: "onSave" | "onCancel"): boolean => {
      handlers.current[name]();
      return true;
    };
    const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "true", dir: "auto" }),
          ...(hasMarkdown ? [markdown()] : []),
          keymap.of([
            { key: "Mod-s", preventDefault: true, run: () => handle("onSave") },
            { key: "Escape", run: () => handle("onCancel") },
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange(update.state.doc.toString());
          }),
          look,
        ],
      }),
    });
    view.focus();
    return () => view.destroy();
  }, []);

  return <div ref={host} className="h-full min-h-0 overflow-hidden" />;
}
