import { CircleAlert, CircleCheck, CircleSlash, Gauge, type LucideIcon } from "lucide-react";
import { cn } from "@/components/ui/cn";

/** What of a call or an attempt says how it ended. */
export interface Ending {
  readonly errorCode: string | null;
  readonly status: number | null;
  /** False: the hub ended the attempt before anything left it. */
  readonly sent?: boolean;
}

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly tone: string;
}

const firstRefusal = 400;

function lookOf({ errorCode, status }: Ending): Look {
  // An answer that the caller reads itself (OAuth's own) is no failure of the call, but it is not a success either.
  if (errorCode === null && status !== null && status >= firstRefusal) return { icon: CircleSlash, word: "Refused", tone: "text-warning" };
  if (errorCode === null) return { icon: CircleCheck, word: "OK", tone: "text-success" };
  if (errorCode === "aborted") return { icon: CircleSlash, word: "Abandoned", tone: "text-muted-foreground" };
  if (errorCode === "EAGAIN") return { icon: Gauge, word: "Limited", tone: "text-warning" };
  return { icon: CircleAlert, word: "Failed", tone: "text-danger" };
}

/** How a call or an attempt ended: icon, word and the tool's HTTP status. */
export function CallOutcome({ ending, className }: { readonly ending: Ending; readonly className?: string }) {
  const { icon: Icon, word, tone } = lookOf(ending);
  return (
    <span className={cn("inline-flex items-center gap-1.5 whitespace-nowrap align-middle", tone, className)}>
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      <span className="font-medium">{word}</span>
      <span className="font-mono text-muted-foreground text-xs">{ending.status ?? (ending.sent === false ? "not sent" : "no answer")}</span>
    </span>
  );
}
