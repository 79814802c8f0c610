"use client";

import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Dialog, DialogBody, DialogContent, DialogDescription, DialogFooter, DialogHeader, DialogTitle } from "@/components/ui/dialog";
import { Field, fieldAria } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import type { Node } from "@/server/vfs/node";
import { nameOf } from "./path-url";
import type { WantedChange } from "./use-change";

export interface NewFileDialogProps {
  readonly workspace: string;
  readonly directory: Node;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onCreate: (wanted: WantedChange) => void;
}

/** A new file, or in a tool a new item: its name and text; what the tool takes as fields is listed. */
export function NewFileDialog({ workspace, directory, open, onOpenChange, onCreate }: NewFileDialogProps) {
  const id = useId();
  const nameField = useRef<HTMLInputElement>(null);
  const trpc = useTRPC();
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const [folder, setFolder] = useState(false);
  const canMakeFolders = directory.can.includes("mkdir");
  const inTool = directory.integration !== null;
  const schema = useQuery({ ...trpc.vfs.schema.queryOptions({ workspace, path: directory.path }), enabled: open && inTool });
  const kind = schema.data?.kinds.find((candidate) => candidate.kind === directory.creates && candidate.create);
  const clean = name.trim();
  const error = clean.includes("/") ? "A name has no slash." : clean === "." || clean === ".." ? "That name means a folder." : undefined;
  const submit = (): void => {
    if (clean === "" || error !== undefined) return;
    if (folder && canMakeFolders) onCreate({ operation: "mkdir", path: `${directory.path}/${clean}` });
    else onCreate({ operation: "write", path: `${directory.path}/${fileName(clean, inTool)}`, text, ifNoneMatch: "*" });
    onOpenChange(false);
    setName("");
    setText("");
    setFolder(false);
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        className="max-w-xl"
        onOpenAutoFocus={(event) => {
          event.preventDefault();
          nameField.current?.focus();
        }}
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <DialogHeader>
            <DialogTitle>{kind === undefined ? (folder && canMakeFolders ? "New folder" : "New file") : `New ${kind.kind}`}</DialogTitle>
            <DialogDescription dir="auto">in {nameOf(directory.path)}</DialogDescription>
          </DialogHeader>
          <DialogBody className="grid gap-4">
            {canMakeFolders ? (
              <fieldset className="flex gap-4">
                <legend className="sr-only">What to make</legend>
                {[false, true].map((value) => (
                  <label
                    key={String(value)}
                    htmlFor={`${id}-${value ? "folder" : "file"}`}
                    className="flex min-h-8 cursor-pointer items-center gap-2"
                  >
                    <input
                      type="radio"
                      id={`${id}-${value ? "folder" : "file"}`}
                      name={`${id}-what`}
                      checked={folder === value}
                      onChange={() => setFolder(value)}
                      className="size-4 accent-primary"
                    />
                    {value ? "Folder" : "File"}
                  </label>
                ))}
              </fieldset>
            ) : null}
            <Field id={`${id}-name`} label={inTool ? "Title" : "Name"} error={error}>
              <Input
                {...fieldAria(`${id}-name`, { error })}
                value={name}
                dir="auto"
                autoComplete="off"
                ref={nameField}
                maxLength={200}
                required
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            {folder && canMakeFolders ? null : (
              <Field
                id={`${id}-text`}
                label={kind?.body ?? "Text"}
                hint={
                  kind === undefined
                    ? undefined
                    : `Fields go first, between two lines of ---: ${kind.fields
                        .filter((field) => field.writable)
                        .map((field) => field.name)
                        .join(", ")}.`
                }
              >
                <Textarea
                  {...fieldAria(`${id}-text`, { hint: kind !== undefined })}
                  value={text}
                  dir="auto"
                  rows={8}
                  className="font-mono text-xs"
                  onChange={(event) => setText(event.target.value)}
                />
              </Field>
            )}
          </DialogBody>
          <DialogFooter>
            <Button variant="outline" onClick={() => onOpenChange(false)}>
              Cancel
            </Button>
            <Button type="submit" disabled={clean === "" || error !== undefined}>
              {inTool ? "Review" : "Create"}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** Items of a tool are Markdown; a file of ours keeps the extension that it was given. */
function fileName(name: string, inTool: boolean): string {
  if (inTool) return name.endsWith(".md") ? name : `${name}.md`;
  return /\.[a-z0-9]+$/i.test(name) ? name : `${name}.md`;
}
