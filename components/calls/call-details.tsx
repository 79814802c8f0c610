"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { filesUrl } from "@/components/files-url";
import { formatBytes, formatDuration } from "@/components/format-time";
import { AbsoluteTime } from "@/components/time";
import { ToolIcon } from "@/components/tool-icon";
import { CopyButton } from "@/components/ui/copy-button";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";
import { CallOutcome } from "./call-outcome";
import type { CallRow, ToolLooks } from "./call-row";

export interface CallDetailsProps {
  /** Null: closed. */
  readonly call: CallRow | null;
  /** The other attempts of the same call that are at hand. */
  readonly attempts: readonly CallRow[];
  readonly tools: ToolLooks;
  readonly slug: string;
  readonly onClose: () => void;
}

/** One attempt in full: the request without its secrets, the answer's facts, the tool's limits, and the call's other attempts. */
export function CallDetails({ call, attempts, tools, slug, onClose }: CallDetailsProps) {
  return (
    <Sheet open={call !== null} onOpenChange={(open) => (open ? undefined : onClose())}>
      <SheetContent>{call === null ? null : <Details call={call} attempts={attempts} tools={tools} slug={slug} />}</SheetContent>
    </Sheet>
  );
}

function Details({ call, attempts, tools, slug }: Omit<CallDetailsProps, "call" | "onClose"> & { readonly call: CallRow }) {
  const tool = tools[call.integration];
  const limits = Object.entries(call.limits);
  return (
    <>
      <div className="flex items-start gap-3 border-b p-5 pe-12">
        {tool === undefined ? null : <ToolIcon icon={tool.icon} gradient={tool.gradient} size="lg" />}
        <div className="min-w-0">
          <SheetTitle className="break-words">{call.operation}</SheetTitle>
          <SheetDescription>
            {tool?.name ?? call.integration}, attempt {call.attempt}
          </SheetDescription>
        </div>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-8">
        <dl className="grid divide-y">
          <Fact term="Result">
            <CallOutcome call={call} />
            {call.errorCode === null ? null : <span className="ms-2 font-mono text-muted-foreground text-xs">{call.errorCode}</span>}
          </Fact>
          <Fact term="Request">
            <code className="break-all font-mono text-xs">
              {call.method} {call.url}
            </code>
          </Fact>
          <Fact term="When">
            <AbsoluteTime at={call.at} />
          </Fact>
          <Fact term="Duration">
            {formatDuration(call.durationMs)}
            {call.waitMs > 0 ? `, after waiting ${formatDuration(call.waitMs)}` : null}
          </Fact>
          <Fact term="Size">
            {formatBytes(call.requestBytes)} sent, {call.responseBytes === null ? "nothing" : formatBytes(call.responseBytes)} received
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
          <Fact term="Tool's request id">
            {call.vendorRequestId === null ? (
              "The tool gave none"
            ) : (
              <span className="inline-flex items-center gap-1">
                <code className="break-all font-mono text-xs">{call.vendorRequestId}</code>
                <CopyButton value={call.vendorRequestId} label="Copy the tool's request id" className="-my-1" />
              </span>
            )}
          </Fact>
          <Fact term="Tool's limits">
            {limits.length === 0 ? (
              "The answer named none"
            ) : (
              <ul className="grid gap-0.5">
                {limits.map(([name, value]) => (
                  <li key={name} className="break-all font-mono text-xs">
                    {name}: {value}
                  </li>
                ))}
              </ul>
            )}
          </Fact>
        </dl>
        {attempts.length < 2 ? null : (
          <section className="mt-6">
            <h3 className="mb-2 font-semibold">Attempts of this call</h3>
            <ol className="grid divide-y rounded-md border">
              {attempts.map((attempt) => (
                <li key={attempt.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
                  <span className="w-4 text-muted-foreground tabular-nums">{attempt.attempt}</span>
                  <CallOutcome call={attempt} />
                  <span className="ms-auto text-muted-foreground text-xs tabular-nums">
                    {attempt.waitMs > 0 ? `waited ${formatDuration(attempt.waitMs)}, ` : null}
                    {formatDuration(attempt.durationMs)}
                  </span>
                </li>
              ))}
            </ol>
          </section>
        )}
      </div>
    </>
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
