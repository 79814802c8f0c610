import { Hourglass } from "lucide-react";
import { formatBytes, formatDuration } from "@/components/format-time";
import { AbsoluteTime } from "@/components/time";
import { CopyButton } from "@/components/ui/copy-button";
import { CallOutcome } from "./call-outcome";
import type { CallRow } from "./call-row";

type Attempt = CallRow["attempts"][number];

const leastShare = 0.5;

/** A call's attempts in order, drawn to scale: when each was under way, and what was waited between them. */
export function AttemptTimeline({ call }: { readonly call: CallRow }) {
  const beginMs = new Date(call.at).getTime() - (call.attempts[0]?.waitMs ?? 0);
  const totalMs = Math.max(1, call.elapsedMs);
  return (
    <ol className="grid divide-y rounded-md border">
      {call.attempts.map((attempt) => (
        <li key={attempt.id} className="grid gap-2 px-3 py-2.5">
          {attempt.waitMs < 1 ? null : (
            <p className="flex items-center gap-1.5 text-muted-foreground text-xs">
              <Hourglass aria-hidden="true" className="size-3.5" /> Waited {formatDuration(attempt.waitMs)}
            </p>
          )}
          <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <span className="w-4 text-muted-foreground tabular-nums">{attempt.attempt}</span>
            <CallOutcome ending={attempt} />
            {attempt.errorCode === null ? null : <span className="font-mono text-muted-foreground text-xs">{attempt.errorCode}</span>}
            <span className="ms-auto text-muted-foreground text-xs tabular-nums">
              {attempt.sent ? formatDuration(attempt.durationMs) : "not sent"}
            </span>
          </div>
          <Scale attempt={attempt} beginMs={beginMs} totalMs={totalMs} />
          <AttemptFacts attempt={attempt} />
        </li>
      ))}
    </ol>
  );
}

/** The wait hatched, the attempt solid, on the call's whole time. The numbers beside it say the same in words. */
function Scale({ attempt, beginMs, totalMs }: { readonly attempt: Attempt; readonly beginMs: number; readonly totalMs: number }) {
  const share = (ms: number) => (100 * ms) / totalMs;
  const start = share(new Date(attempt.at).getTime() - beginMs);
  const wait = share(attempt.waitMs);
  const width = Math.max(leastShare, share(attempt.durationMs));
  const failed = attempt.errorCode !== null;
  return (
    <svg aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none" className="h-1.5 w-full overflow-hidden rounded-full bg-muted">
      <rect x={start - wait} y="1.5" width={wait} height="1" className="fill-muted-foreground/50" />
      <rect x={Math.min(start, 100 - leastShare)} y="0" width={width} height="4" className={failed ? "fill-danger" : "fill-success"} />
    </svg>
  );
}

function AttemptFacts({ attempt }: { readonly attempt: Attempt }) {
  const limits = Object.entries(attempt.limits);
  return (
    <dl className="grid gap-x-3 gap-y-0.5 text-xs sm:grid-cols-[7.5rem_minmax(0,1fr)] [&>dt]:text-muted-foreground">
      <dt>Began</dt>
      <dd>
        <AbsoluteTime at={attempt.at} />
      </dd>
      {attempt.reason === null ? null : (
        <>
          <dt>Reason</dt>
          <dd>{attempt.reason}</dd>
        </>
      )}
      <dt>Size</dt>
      <dd>
        {attempt.sent ? formatBytes(attempt.requestBytes) : "Nothing"} sent,{" "}
        {attempt.responseBytes === null ? "nothing" : formatBytes(attempt.responseBytes)} received
      </dd>
      <dt>Tool's request id</dt>
      <dd>
        {attempt.vendorRequestId === null ? (
          "The tool gave none"
        ) : (
          <span className="inline-flex max-w-full items-center gap-1">
            <code className="break-all font-mono">{attempt.vendorRequestId}</code>
            <CopyButton value={attempt.vendorRequestId} label="Copy the tool's request id" className="-my-1" />
          </span>
        )}
      </dd>
      <dt>Tool's limits</dt>
      <dd>
        {limits.length === 0 ? (
          "The answer named none"
        ) : (
          <ul className="grid gap-0.5">
            {limits.map(([name, value]) => (
              <li key={name} className="break-all font-mono">
                {name}: {value}
              </li>
            ))}
          </ul>
        )}
      </dd>
    </dl>
  );
}
