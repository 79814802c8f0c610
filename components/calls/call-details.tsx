"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { readFailure } from "@/components/failure";
import { filesUrl } from "@/components/files-url";
import { formatDuration } from "@/components/format-time";
import { AbsoluteTime } from "@/components/time";
import { ToolIcon } from "@/components/tool-icon";
import { useTRPC } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";
import { Skeleton } from "@/components/ui/skeleton";
import { AttemptTimeline } from "./attempt-timeline";
import { CallOutcome } from "./call-outcome";
import type { CallRow, ToolLooks } from "./call-row";

export interface CallDetailsProps {
  /** `cal_…`; null: closed. */
  readonly callId: string | null;
  /** The call as a list has it, shown until all of it is here. */
  readonly known: CallRow | null;
  readonly tools: ToolLooks;
  readonly slug: string;
  readonly onOpen: (callId: string) => void;
  readonly onClose: () => void;
}

/** One call in full: why it ended as it did and what to do, its attempts in time, and what they were about. */
export function CallDetails({ callId, onClose, ...rest }: CallDetailsProps) {
  return (
    <Sheet open={callId !== null} onOpenChange={(open) => (open ? undefined : onClose())}>
      <SheetContent>{callId === null ? null : <Details key={callId} callId={callId} {...rest} />}</SheetContent>
    </Sheet>
  );
}

function Details({ callId, known, tools, slug, onOpen }: Omit<CallDetailsProps, "callId" | "onClose"> & { readonly callId: string }) {
  const trpc = useTRPC();
  const detail = useQuery(trpc.calls.get.queryOptions({ workspace: slug, call: callId }));
  const call = detail.data?.call ?? known;
  const tool = call === null ? undefined : tools[call.integration];
  return (
    <>
      <div className="flex items-start gap-3 border-b p-5 pe-12">
        {tool === undefined ? null : <ToolIcon icon={tool.icon} gradient={tool.gradient} size="lg" />}
        <div className="min-w-0">
          <SheetTitle className="break-words">{call?.operation ?? "Call"}</SheetTitle>
          <SheetDescription>
            {call === null ? "A call to a tool" : `${tool?.name ?? call.integration}, ${countOf(call.attempts.length)}`}
          </SheetDescription>
        </div>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-8">
        <Story detail={detail} />
        {call === null ? null : (
          <>
            <Facts call={call} tool={tool?.name ?? call.integration} slug={slug} />
            <section className="mt-4">
              <h3 className="mb-2 font-semibold">{call.attempts.length === 1 ? "The attempt" : "The attempts"}</h3>
              <AttemptTimeline call={call} />
            </section>
          </>
        )}
        {detail.data === undefined || detail.data.renewals.length === 0 ? null : (
          <section className="mt-6">
            <h3 className="mb-2 font-semibold">The token was renewed meanwhile</h3>
            <ul className="grid divide-y rounded-md border">
              {detail.data.renewals.map((renewal) => (
                <li key={renewal.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
                  <CallOutcome ending={renewal} />
                  <span className="text-muted-foreground text-xs tabular-nums">{formatDuration(renewal.elapsedMs)}</span>
                  <Button variant="outline" size="sm" className="ms-auto" onClick={() => onOpen(renewal.id)}>
                    See the renewal
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </>
  );
}

const countOf = (attempts: number): string => (attempts === 1 ? "one attempt" : `${attempts} attempts`);

interface StoryProps {
  readonly detail: {
    readonly data: { readonly story: { readonly what: string; readonly advice: string | null }; readonly call: CallRow } | undefined;
    readonly error: unknown;
    readonly isError: boolean;
    readonly refetch: () => unknown;
  };
}

/** The sentence that a person came for. */
function Story({ detail }: StoryProps) {
  if (detail.data !== undefined) {
    const { story, call } = detail.data;
    return (
      <Alert variant={call.outcome === "failed" ? "danger" : call.attempts.length > 1 ? "warning" : "info"} className="mb-2">
        <p>{story.what}</p>
        {story.advice === null ? null : <p className="mt-1 text-foreground/80">{story.advice}</p>}
      </Alert>
    );
  }
  if (!detail.isError) {
    return (
      <div role="status" aria-label="Loading the call" className="mb-2 grid gap-2 rounded-md border p-3">
        <Skeleton className="h-4 w-full" />
        <Skeleton className="h-4 w-2/3" />
      </div>
    );
  }
  return (
    <Alert variant="danger" role="alert" className="mb-2">
      <p>{readFailure(detail.error).message}</p>
      <Button variant="outline" size="sm" className="mt-2" onClick={() => void detail.refetch()}>
        Try again
      </Button>
    </Alert>
  );
}

function Facts({ call, tool, slug }: { readonly call: CallRow; readonly tool: string; readonly slug: string }) {
  return (
    <dl className="grid divide-y">
      <Fact term="Result">
        <CallOutcome ending={{ ...call, sent: call.attempts.at(-1)?.sent ?? true }} />
        {call.errorCode === null ? null : <span className="ms-2 font-mono text-muted-foreground text-xs">{call.errorCode}</span>}
      </Fact>
      <Fact term="When">
        <AbsoluteTime at={call.at} />
      </Fact>
      <Fact term="Took">
        {formatDuration(call.elapsedMs)}
        {call.waitMs >= 1 ? `, of which ${formatDuration(call.waitMs)} waited` : null}
      </Fact>
      <Fact term="For">{call.actor}</Fact>
      <Fact term="Path">
        {call.path === null ? (
          "None: this call served no file"
        ) : (
          <Link href={filesUrl(slug, call.path)} className="text-link">
            <code className="break-all font-mono text-xs">{call.path}</code>
          </Link>
        )}
      </Fact>
      <Fact term="Connection">
        <Link href={`/${slug}/integrations/${call.integration}`} className="text-link">
          {call.connection === null ? `${tool}, before it was connected` : tool}
        </Link>
      </Fact>
      <Fact term="Request">
        <code className="break-all font-mono text-xs">
          {call.method} {call.attempts.at(-1)?.url}
        </code>
      </Fact>
      <Fact term="Call id">
        <span className="inline-flex max-w-full items-center gap-1">
          <code className="break-all font-mono text-xs">{call.id}</code>
          <CopyButton value={call.id} label="Copy the call's id" className="-my-1" />
        </span>
      </Fact>
    </dl>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-0.5 py-2.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-muted-foreground">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
