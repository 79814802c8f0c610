"use client";

import type { ComponentProps } from "react";
import Markdown from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";

/** A link out of foreign text: it opens apart, and says nothing of where it was clicked. */
function ForeignLink({ href, children }: ComponentProps<"a">) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** Pictures in foreign text are not fetched: each would tell its host who reads this. Their description stands instead. */
function ForeignImage({ src, alt }: ComponentProps<"img">) {
  const label = alt === undefined || alt === "" ? "image" : alt;
  return typeof src === "string" && /^https?:/.test(src) ? <ForeignLink href={src}>[{label}]</ForeignLink> : <span>[{label}]</span>;
}

/** A task's box is not to be ticked here; it says what it shows. */
function TaskBox({ checked }: ComponentProps<"input">) {
  return <input type="checkbox" checked={checked === true} disabled readOnly aria-label={checked === true ? "Done" : "Not done"} />;
}

/** Markdown of a tool or of a person, sanitised by rehype-sanitize; it never runs anything. */
export default function MarkdownView({ text }: { readonly text: string }) {
  return (
    <div className="prose-hub" dir="auto">
      <Markdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize]}
        components={{ a: ForeignLink, img: ForeignImage, input: TaskBox }}
      >
        {text}
      </Markdown>
    </div>
  );
}
