import { CircleAlert, CircleCheck, CircleSlash, Gauge, type LucideIcon } from "lucide-react";
import { cn } from "@/components/ui/cn";
import type { CallRow } from "./call-row";

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly tone: string;
}

const firstRefusal = 400;

function lookOf({ errorCode, status }: Pick<CallRow, "errorCode" | "status">): Look {
  // An answer that the caller reads itself (OAuth's own) is no failure of the call, but it is not a success either.
  if (errorCode === null && status !== null && status >= firstRefusal) return { icon: CircleSlash, word: "Refused", tone: "text-warning" };
  if (errorCode === null) return { icon: CircleCheck, word: "OK", tone: "text-success" };
  if (errorCode === "aborted") return { icon: CircleSlash, word: "Abandoned", tone: "text-muted-foreground" };
  if (errorCode === "EAGAIN") return { icon: Gauge, word: "Limited", tone: "text-warning" };
  return { icon: CircleAlert, word: "Failed", tone: "text-danger" };
}

/** How an attempt ended: icon, word and the tool's HTTP status. */
export function CallOutcome({ call, className }: { readonly call: Pick<CallRow, "errorCode" | "status">; readonly className?: string }) {
  const { icon: Icon, word, tone } = lookOf(call);
  return (
    <span className={cn("inline-flex items-center gap-1.5 whitespace-nowrap align-middle", tone, className)}>
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      <span className="font-medium">{word}</span>
      <span className="font-mono text-muted-foreground text-xs">{call.status ?? "no answer"}</span>
    </span>
  );
}
