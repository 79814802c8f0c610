"use client";

import dynamic from "next/dynamic";
import { Skeleton } from "@/components/ui/skeleton";
import { splitFrontMatter } from "./front-matter";

const MarkdownView = dynamic(() => import("./markdown-view"), { loading: () => <TextSkeleton /> });

export interface FileViewProps {
  readonly text: string;
  readonly mediaType: string;
  /** The bytes as they are, whatever the type. */
  readonly raw: boolean;
}

/** A file's text by its type: Markdown with its front matter as a table, JSON indented, anything else as it is. */
export function FileView({ text, mediaType, raw }: FileViewProps) {
  if (raw) return <Plain text={text} />;
  if (mediaType.startsWith("text/markdown")) return <MarkdownFile text={text} />;
  if (mediaType.includes("json")) return <Plain text={prettyJson(text)} />;
  return <Plain text={text} />;
}

function MarkdownFile({ text }: { readonly text: string }) {
  const { fields, body } = splitFrontMatter(text);
  return (
    <>
      {fields.length === 0 ? null : (
        <dl className="mb-5 grid grid-cols-[minmax(5rem,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1 rounded-lg border bg-card p-3 text-sm">
          {fields.map(([key, value]) => (
            <div key={key} className="contents">
              <dt className="font-mono text-muted-foreground text-xs leading-5">{key}</dt>
              <dd className="whitespace-pre-line break-words">
                <FieldValue value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {body.trim() === "" ? <p className="text-muted-foreground text-sm">No text below the fields.</p> : <MarkdownView text={body} />}
    </>
  );
}

/** A reference prints as `Ann Smith~handle`; the handle matters to programs, so it is quiet here. */
function FieldValue({ value }: { readonly value: string }) {
  if (value === "null" || value === "" || value === "[]") return <span className="text-muted-foreground">—</span>;
  const match = /^(.+)(~[a-z2-7]{8,})$/.exec(value);
  if (match === null) return <bdi>{value}</bdi>;
  return (
    <>
      <bdi>{match[1]}</bdi>
      <span className="ms-0.5 font-mono text-2xs text-muted-foreground">{match[2]}</span>
    </>
  );
}

function Plain({ text }: { readonly text: string }) {
  return (
    <pre dir="auto" className="whitespace-pre-wrap break-words font-mono text-xs leading-5">
      {text}
    </pre>
  );
}

/** Indented where it parses; as it is where it does not, since a preview must show what is there. */
function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function TextSkeleton() {
  return (
    <div className="grid gap-2.5" aria-hidden="true">
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-4 w-full" />
      <Skeleton className="h-4 w-5/6" />
      <Skeleton className="h-4 w-1/2" />
    </div>
  );
}
