"use client";

import { CloudOff, LockKeyhole, RotateCw, SearchX, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import type { ErrorBody } from "@/server/errors";
import { CallLink } from "./calls/call-link";
import { readFailure } from "./failure";
import { Button } from "./ui/button";
import { CopyButton } from "./ui/copy-button";
import { EmptyState } from "./ui/empty-state";

/** What following the way out does, where a word says it better than "Mend it". */
const actionWords: Partial<Record<ErrorBody["code"], string>> = { EAUTH: "Sign in", ESCOPE: "Switch it on" };

export interface ErrorStateProps {
  readonly error: unknown;
  /** What failed, in words: "The list of integrations did not load". */
  readonly title: string;
  readonly onRetry?: () => void;
  readonly retrying?: boolean;
  readonly children?: ReactNode;
}

/** What failed, what to do, a retry, and the request id to quote. A refusal (EACCES) is said as one, without a useless retry. */
export function ErrorState({ error, title, onRetry, retrying = false, children }: ErrorStateProps) {
  const failure = readFailure(error);
  const denied = failure.code === "EACCES" || failure.code === "EAUTH";
  const icon = denied ? LockKeyhole : failure.code === "ENOENT" ? SearchX : failure.code === null ? CloudOff : TriangleAlert;
  return (
    <div role="alert">
      <EmptyState
        icon={icon}
        title={denied ? "You cannot see this" : title}
        action={
          <>
            {failure.actionUrl === null ? null : (
              <Button asChild>
                <Link href={failure.actionUrl}>{actionWords[failure.code ?? "EIO"] ?? "Mend it"}</Link>
              </Button>
            )}
            {onRetry === undefined || denied ? null : (
              <Button variant="outline" onClick={onRetry} disabled={retrying}>
                <RotateCw className={retrying ? "animate-spin" : undefined} /> {retrying ? "Trying again" : "Try again"}
              </Button>
            )}
          </>
        }
      >
        <p>{failure.message}</p>
        {children}
        {failure.details.call === undefined ? null : <CallLink call={failure.details.call} className="mt-3 inline-block" />}
        {failure.requestId === null ? null : (
          <p className="mt-3 inline-flex items-center gap-1 text-xs">
            Request <code className="font-mono">{failure.requestId}</code>
            <CopyButton value={failure.requestId} label="Copy request id" />
          </p>
        )}
      </EmptyState>
    </div>
  );
}
