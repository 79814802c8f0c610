"use client";

import { Activity, ArrowUp, LockKeyhole, RefreshCw, SearchX } from "lucide-react";
import Link from "next/link";
import { useCallback, useMemo, useState } from "react";
import { CallDetails } from "@/components/calls/call-details";
import type { CallRow, ToolLooks } from "@/components/calls/call-row";
import { CallTableSkeleton } from "@/components/calls/call-table-skeleton";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { formatAbsolute } from "@/components/format-time";
import { PageFrame } from "@/components/page-frame";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { useWorkspace } from "@/components/workspace-context";
import { filterOf, isNarrowed, wholeView } from "./call-filter";
import { CallFilters } from "./call-filters";
import { CallRows } from "./call-rows";
import { LiveSwitch } from "./live-switch";
import { useActivityView } from "./use-activity-view";
import { useCallLog } from "./use-call-log";
import { useHeldCalls } from "./use-held-calls";
import { useLiveCalls } from "./use-live-calls";

export function ActivityPage({ tools }: { readonly tools: ToolLooks }) {
  const { slug, can } = useWorkspace();
  const mayRead = can("calls.read");
  const { view, show } = useActivityView();
  const filter = useMemo(() => filterOf(view), [view]);
  const { log, calls, pages, merge, reload } = useCallLog(slug, filter, mayRead);
  const [paused, setPaused] = useState(false);
  const { marker, scroller, held, hold, release } = useHeldCalls();
  const live = useLiveCalls({
    enabled: mayRead && !paused,
    slug,
    filter,
    tail: pages?.[0]?.tail ?? null,
    onAnswer: (answer) => hold(merge(answer)),
    onRestart: reload,
  });
  const open = useCallback((call: CallRow) => show({ call: call.id }, "push"), [show]);
  const readOn = useCallback(() => void log.fetchNextPage(), [log.fetchNextPage]);
  const shown = useMemo(() => (held.size === 0 ? calls : calls.filter(({ id }) => !held.has(id))), [calls, held]);
  const heldCount = calls.length - shown.length;

  return (
    <PageFrame
      title="Activity"
      lead="Every call to a tool with its attempts, newest first. Bodies and secrets are not kept."
      actions={
        mayRead && log.data !== undefined ? (
          <div className="flex flex-wrap items-center gap-2">
            <LiveSwitch state={live} paused={paused} onPause={setPaused} />
            <Button variant="outline" onClick={reload} disabled={log.isRefetching}>
              <RefreshCw className={log.isRefetching ? "animate-spin" : undefined} /> Refresh
            </Button>
          </div>
        ) : null
      }
    >
      <span ref={marker} />
      {mayRead ? <CallFilters slug={slug} view={view} tools={tools} onShow={show} /> : null}
      {!mayRead ? (
        <EmptyState icon={LockKeyhole} title="Only members and up see the calls">
          Your role here is viewer. An admin or the owner can change it.
        </EmptyState>
      ) : log.data === undefined ? (
        log.isError ? (
          <ErrorState error={log.error} title="The calls did not load" onRetry={() => void log.refetch()} retrying={log.isFetching} />
        ) : (
          <CallTableSkeleton rows={12} />
        )
      ) : (
        <>
          {log.isRefetchError ? (
            <Alert variant="danger" role="alert" className="mb-4">
              These calls are not up to date. {readFailure(log.error).message}
            </Alert>
          ) : null}
          {heldCount === 0 ? null : (
            <div className="sticky top-2 z-10 flex h-0 justify-center">
              <Button size="sm" className="shadow-floating" onClick={release}>
                <ArrowUp /> {heldCount === 1 ? "One new call" : `${heldCount} new calls`}
              </Button>
            </div>
          )}
          {shown.length === 0 ? (
            <NothingToShow narrowed={isNarrowed(view)} more={log.hasNextPage} slug={slug} onClear={() => show(wholeView)} />
          ) : (
            <CallRows
              calls={shown}
              tools={tools}
              caption="Calls to the tools, newest first"
              onOpen={open}
              scroller={scroller}
              hasMore={log.hasNextPage && !log.isFetchingNextPage && !log.isFetchNextPageError && pages?.at(-1)?.lookedBackTo === null}
              onEnd={readOn}
            />
          )}
          <Foot
            log={log}
            lookedBackTo={pages?.at(-1)?.lookedBackTo ?? null}
            isEmpty={shown.length === 0}
            narrowed={isNarrowed(view)}
            onMore={readOn}
          />
        </>
      )}
      <CallDetails
        callId={mayRead ? view.call : null}
        known={calls.find((call) => call.id === view.call) ?? null}
        tools={tools}
        slug={slug}
        onOpen={(call) => show({ call }, "push")}
        onClose={() => show({ call: null })}
      />
    </PageFrame>
  );
}

interface NothingToShowProps {
  readonly narrowed: boolean;
  /** Whether older calls are there that were not looked through. */
  readonly more: boolean;
  readonly slug: string;
  readonly onClear: () => void;
}

function NothingToShow({ narrowed, more, slug, onClear }: NothingToShowProps) {
  if (narrowed) {
    return (
      <EmptyState
        icon={SearchX}
        title={more ? "No match so far" : "No call matches"}
        action={
          <Button variant="outline" onClick={onClear}>
            Show all calls
          </Button>
        }
      >
        {more ? "Older calls are not looked through yet." : "Nothing that is kept matches these filters."}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Activity}
      title="No calls yet"
      action={
        <Button variant="outline" asChild>
          <Link href={`/${slug}/integrations`}>Go to the integrations</Link>
        </Button>
      }
    >
      Once a tool is connected, each call that the hub makes to it is listed here.
    </EmptyState>
  );
}

interface FootProps {
  readonly log: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly error: unknown;
  };
  readonly lookedBackTo: string | null;
  readonly isEmpty: boolean;
  readonly narrowed: boolean;
  readonly onMore: () => void;
}

/** How far back the list reaches, and the way further. */
function Foot({ log, lookedBackTo, isEmpty, narrowed, onMore }: FootProps) {
  if (isEmpty && !log.hasNextPage) return null;
  const action = narrowed ? "Search further back" : "Show older calls";
  return (
    <div className="mt-4 flex flex-col items-center gap-2 text-muted-foreground text-sm">
      {log.isFetchNextPageError ? <p role="alert">Older calls did not load. {readFailure(log.error).message}</p> : null}
      {lookedBackTo === null ? null : <p role="status">Looked through all calls back to {formatAbsolute(lookedBackTo)}.</p>}
      {log.hasNextPage ? (
        <Button variant="outline" onClick={onMore} disabled={log.isFetchingNextPage}>
          {log.isFetchingNextPage ? "Looking" : action}
        </Button>
      ) : (
        <p className="text-xs">That is all that is kept.</p>
      )}
    </div>
  );
}
