import { CloudOff, FileQuestion, KeyRound, Lock, type LucideIcon, Plug, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { type Problem, problemOf } from "./errors";

interface Look {
  readonly icon: LucideIcon;
  readonly title: string;
}

function lookOf({ code }: Problem): Look {
  switch (code) {
    case "ENOENT":
      return { icon: FileQuestion, title: "Nothing here" };
    case "EACCES":
      return { icon: Lock, title: "Not allowed" };
    case "ENOTCONN":
      return { icon: Plug, title: "Not connected" };
    case "ESCOPE":
      return { icon: KeyRound, title: "A permission is missing" };
    case "ENETWORK":
      return { icon: CloudOff, title: "No answer" };
    default:
      return { icon: TriangleAlert, title: "That did not work" };
  }
}

export interface ProblemPanelProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** A whole pane that failed: what, why, and what to do next. */
export function ProblemPanel({ error, onRetry }: ProblemPanelProps) {
  const problem = problemOf(error);
  const { icon, title } = lookOf(problem);
  return (
    <EmptyState
      icon={icon}
      title={title}
      action={
        <>
          {problem.actionUrl === null ? null : (
            <Button asChild>
              <Link href={problem.actionUrl}>{problem.code === "ENOTCONN" ? "Connect" : "Open"}</Link>
            </Button>
          )}
          {onRetry === undefined || problem.code === "ENOENT" || problem.code === "EACCES" ? null : (
            <Button variant="outline" onClick={onRetry}>
              Try again
            </Button>
          )}
        </>
      }
    >
      <p role="alert" className="break-words">
        {problem.message}
      </p>
      {problem.requestId === null ? null : (
        <p className="mt-2 text-xs">
          Request <code className="select-all font-mono">{problem.requestId}</code>
        </p>
      )}
    </EmptyState>
  );
}
