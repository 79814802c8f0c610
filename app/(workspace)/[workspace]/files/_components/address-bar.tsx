"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { type KeyboardEvent, type RefObject, useId, useLayoutEffect, useRef, useState } from "react";
import { filesUrl } from "@/components/files-url";
import { useTRPC } from "@/components/trpc/provider";
import { cn } from "@/components/ui/cn";
import { ancestorsOf, nameOf, parentOf } from "./path-url";

export interface AddressBarProps {
  readonly workspace: string;
  readonly path: string;
  readonly onGo: (path: string) => void;
  /** Called when the field is left by Enter or Escape: something else takes the focus. */
  readonly onLeave: () => void;
  /** Focused by the explorer's shortcut. */
  readonly inputRef: RefObject<HTMLInputElement | null>;
}

const shown = 50;

/** Where one is, as crumbs; a click or the shortcut turns it into a field that takes a typed path and completes it. */
export function AddressBar({ workspace, path, onGo, onLeave, inputRef }: AddressBarProps) {
  const trpc = useTRPC();
  const listId = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const list = useRef<HTMLDivElement>(null);
  const editing = typed !== null;
  const text = typed ?? path;
  const parent = text.endsWith("/") ? text.slice(0, -1) : parentOf(text);
  const start = text.endsWith("/") ? "" : nameOf(text).toLocaleLowerCase();
  const children = useQuery({
    ...trpc.vfs.list.queryOptions({ workspace, path: parent === "" ? "/context" : parent, limit: 1000 }),
    enabled: editing,
    retry: false,
    staleTime: 10_000,
  });
  const candidates = editing
    ? (children.data?.nodes ?? []).filter((node) => node.name.toLocaleLowerCase().includes(start) && node.path !== text).slice(0, shown)
    : [];

  // The path is there to be replaced or gone on from; it stands in the field only once it is being edited.
  useLayoutEffect(() => {
    if (editing) inputRef.current?.select();
  }, [editing, inputRef]);

  const leave = (): void => {
    setTyped(null);
    setActive(-1);
    inputRef.current?.blur();
    onLeave();
  };
  const goTo = (to: string): void => {
    const clean = to.trim().replace(/\/+$/, "");
    leave();
    if (clean !== "") onGo(clean.startsWith("/") ? clean : `${path}/${clean}`);
  };
  const move = (by: number): void => {
    if (candidates.length === 0) return;
    const next = (active + by + candidates.length + (active === -1 && by < 0 ? 1 : 0)) % candidates.length;
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const candidate = candidates[active];
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Tab" && editing && candidates[Math.max(active, 0)] !== undefined && !event.shiftKey) {
      const chosen = candidates[Math.max(active, 0)];
      if (chosen !== undefined) setTyped(chosen.kind === "directory" ? `${chosen.path}/` : chosen.path);
      setActive(-1);
    } else if (event.key === "Enter") goTo(candidate?.path ?? text);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  };

  return (
    <div className="relative min-w-0 flex-1">
      <div className="flex h-8 items-center overflow-hidden rounded-md border border-input/60 bg-background focus-within:ring-2 focus-within:ring-ring dark:bg-card pointer-coarse:h-10">
        {editing ? null : <Crumbs workspace={workspace} path={path} onGo={onGo} />}
        <input
          ref={inputRef}
          role="combobox"
          aria-label="Path"
          aria-expanded={candidates.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          spellCheck={false}
          autoComplete="off"
          dir="auto"
          value={editing ? text : ""}
          placeholder={editing ? "/context/…" : undefined}
          onFocus={() => setTyped(path)}
          onBlur={() => {
            setTyped(null);
            setActive(-1);
          }}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(-1);
          }}
          onKeyDown={onKeyDown}
          className="h-full min-w-6 flex-1 bg-transparent px-2.5 font-mono text-xs outline-none"
        />
      </div>
      <div
        ref={list}
        id={listId}
        role="listbox"
        aria-label="Completions"
        className={cn(
          "absolute inset-x-0 top-full z-40 mt-1 max-h-80 overflow-y-auto rounded-md border bg-popover p-1 shadow-floating",
          candidates.length === 0 && "hidden",
        )}
      >
        {candidates.map((node, index) => (
          <div
            key={node.path}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            // Before the field's blur, which would close the list under the pointer.
            onPointerDown={(event) => {
              event.preventDefault();
              goTo(node.path);
            }}
            className={cn(
              "flex cursor-default items-center gap-2 rounded-sm px-2 py-1 text-sm",
              index === active ? "bg-selected text-selected-foreground" : "hover:bg-accent",
            )}
          >
            <span className="truncate" dir="auto">
              {node.name}
              {node.kind === "directory" ? "/" : ""}
            </span>
            {index === active ? (
              <span aria-hidden="true" className="ms-auto shrink-0 text-muted-foreground text-xs">
                ↵
              </span>
            ) : null}
          </div>
        ))}
      </div>
    </div>
  );
}

function Crumbs({ workspace, path, onGo }: Pick<AddressBarProps, "workspace" | "path" | "onGo">) {
  return (
    <nav aria-label="Location" className="flex min-w-0 shrink items-center overflow-hidden ps-1.5 text-sm">
      {ancestorsOf(path).map((ancestor, index, all) => (
        <span key={ancestor} className={cn("flex min-w-0 items-center", index === all.length - 1 ? "shrink" : "shrink-[2]")}>
          {index === 0 ? null : <ChevronRight aria-hidden="true" className="size-3.5 shrink-0 text-muted-foreground" />}
          <a
            href={filesUrl(workspace, ancestor)}
            dir="auto"
            aria-current={index === all.length - 1 ? "page" : undefined}
            title={ancestor}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
              event.preventDefault();
              onGo(ancestor);
            }}
            className={cn(
              "truncate rounded-sm px-1 py-0.5 hover:bg-accent",
              index === all.length - 1 ? "font-medium text-foreground" : "text-muted-foreground",
            )}
          >
            {nameOf(ancestor)}
          </a>
        </span>
      ))}
    </nav>
  );
}
