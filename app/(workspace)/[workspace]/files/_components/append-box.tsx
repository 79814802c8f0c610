"use client";

import { useId, useState } from "react";
import { readFailure } from "@/components/failure";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Spinner } from "@/components/ui/spinner";
import { toast } from "@/components/ui/toaster";
import { useChange } from "./use-change";

export interface AppendWords {
  /** What the field is called: "Comment". */
  readonly label: string;
  /** What the button does: "Add comment". */
  readonly action: string;
  /** What is said once it is done: "Comment added". */
  readonly done: string;
}

export interface AppendBoxProps {
  readonly workspace: string;
  /** What is appended to: an item's `comments.md`, a day, a thread, a document. */
  readonly path: string;
  readonly actsAs: string | null;
  readonly words: AppendWords;
}

/** Adds to a file of a tool, which there is a comment, a message, a reply or more text. */
export function AppendBox({ workspace, path, actsAs, words }: AppendBoxProps) {
  const id = useId();
  const [text, setText] = useState("");
  const change = useChange(workspace);
  const busy = change.state.step === "executing";
  const submit = async (): Promise<void> => {
    if (text.trim() === "" || busy) return;
    const receipt = await change.run({ operation: "append", path, text });
    if (receipt === null) return;
    setText("");
    toast.success(words.done, actsAs === null ? undefined : `As ${actsAs}`);
  };
  return (
    <form
      className="grid gap-2 border-t bg-card/50 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Label htmlFor={id}>{words.label}</Label>
      <Textarea
        id={id}
        rows={3}
        dir="auto"
        value={text}
        placeholder="Markdown works here"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
        }}
      />
      {change.state.step === "failed" ? (
        <Alert variant="danger" role="alert">
          {readFailure(change.state.error).message}
        </Alert>
      ) : null}
      <div className="flex items-center justify-between gap-3">
        <p className="text-muted-foreground text-xs">{actsAs === null ? "" : `Posted in the tool as ${actsAs}`}</p>
        <Button type="submit" disabled={busy || text.trim() === ""}>
          {busy ? <Spinner /> : null} {words.action}
        </Button>
      </div>
    </form>
  );
}
