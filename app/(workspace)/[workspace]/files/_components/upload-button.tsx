"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { formatBytes } from "@/components/format-time";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toaster";
import { bytesUrl } from "./bytes-url";

export interface UploadButtonProps {
  readonly workspace: string;
  /** The directory that takes the file. */
  readonly path: string;
  readonly maxBytes: number;
}

interface Refusal {
  readonly error?: { readonly message?: string };
}

/** What the door said, or that nothing was said. */
async function wordsOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as Refusal | null;
  return body?.error?.message ?? `The hub answered ${response.status}.`;
}

/** Sends one file from this computer into a directory of a tool, as it stands on the disk. */
export function UploadButton({ workspace, path, maxBytes }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const [sending, setSending] = useState<string | null>(null);
  const trpc = useTRPC();
  const queries = useQueryClient();

  const send = async (file: File): Promise<void> => {
    if (file.size > maxBytes) {
      toast.error("Not uploaded", `${file.name} has ${formatBytes(file.size)}; at most ${formatBytes(maxBytes)} are taken here.`);
      return;
    }
    setSending(file.name);
    try {
      const response = await fetch(bytesUrl(workspace, `${path}/${file.name}`), {
        method: "PUT",
        headers: { "content-type": file.type === "" ? "application/octet-stream" : file.type, "if-none-match": "*" },
        body: file,
      });
      if (!response.ok) toast.error("Not uploaded", await wordsOf(response));
      else {
        await queries.invalidateQueries({ queryKey: trpc.vfs.pathKey() });
        toast.success("Uploaded", file.name);
      }
    } catch {
      toast.error("Not uploaded", "The hub could not be reached. Try again.");
    } finally {
      setSending(null);
    }
  };

  return (
    <>
      <input
        ref={input}
        type="file"
        className="sr-only"
        aria-label="File to upload"
        tabIndex={-1}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          target.value = "";
          if (file !== undefined) void send(file);
        }}
      />
      <Button variant="outline" size="sm" disabled={sending !== null} onClick={() => input.current?.click()}>
        <Upload /> {sending === null ? "Upload" : `Uploading ${sending}`}
      </Button>
    </>
  );
}
