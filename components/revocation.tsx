import { CircleCheck, CircleSlash, TriangleAlert } from "lucide-react";
import { CopyButton } from "./ui/copy-button";

/** What a tool answered when it was asked to end an access. */
export interface RevocationProps {
  readonly outcome: string;
  readonly proof: string;
  /** The tool's own id of its answer. */
  readonly requestId: string | null;
}

const looks: Readonly<Record<string, { readonly icon: typeof CircleCheck; readonly tone: string; readonly word: string }>> = {
  revoked: { icon: CircleCheck, tone: "text-success", word: "Ended at the tool" },
  already_revoked: { icon: CircleCheck, tone: "text-success", word: "Had ended before" },
  not_offered: { icon: CircleSlash, tone: "text-warning", word: "Not offered by the tool" },
  failed: { icon: TriangleAlert, tone: "text-warning", word: "Not confirmed" },
};
const unsure = { icon: TriangleAlert, tone: "text-warning", word: "Not confirmed" };

/** The outcome in an icon and a word, the proof, and the id to quote to the tool's support. */
export function Revocation({ outcome, proof, requestId }: RevocationProps) {
  const { icon: Icon, tone, word } = looks[outcome] ?? unsure;
  return (
    <div data-slot="revocation" className="flex gap-2">
      <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${tone}`} />
      <div className="min-w-0">
        <p className={`font-medium ${tone}`}>{word}</p>
        <p className="break-words text-muted-foreground">{proof}</p>
        {requestId === null ? null : (
          <p className="mt-0.5 flex items-center gap-1 text-muted-foreground text-xs">
            <span className="min-w-0">
              The tool’s request id: <code className="break-all font-mono">{requestId}</code>
            </span>
            <CopyButton value={requestId} label="Copy the tool’s request id" />
          </p>
        )}
      </div>
    </div>
  );
}
