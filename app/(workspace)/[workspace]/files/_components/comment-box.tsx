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

export interface CommentBoxProps {
  readonly workspace: string;
  /** The item's `comments.md`; appending to it comments. */
  readonly path: string;
  readonly actsAs: string | null;
}

/** Says something about an item, in the tool. */
export function CommentBox({ workspace, path, actsAs }: CommentBoxProps) {
  const id = useId();
  const [text, setText] = useState("");
  const change = useChange(workspace);
  const busy = change.state.step === "executing";
  const submit = async (): Promise<void> => {
    if (text.trim() === "" || busy) return;
    const receipt = await change.run({ operation: "append", path, text });
    if (receipt === null) return;
    setText("");
    toast.success("Comment added", actsAs === null ? undefined : `As ${actsAs}`);
  };
  return (
    <form
      className="grid gap-2 border-t bg-card/50 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Label htmlFor={id}>Comment</Label>
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
          {busy ? <Spinner /> : null} Add comment
        </Button>
      </div>
    </form>
  );
}
