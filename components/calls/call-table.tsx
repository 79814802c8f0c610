"use client";

import { memo, type ReactNode } from "react";
import { formatAbsolute, formatDuration } from "@/components/format-time";
import { RelativeTime } from "@/components/time";
import { ToolIcon } from "@/components/tool-icon";
import { Badge } from "@/components/ui/badge";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { CallOutcome } from "./call-outcome";
import type { CallRow, ToolLooks } from "./call-row";

export interface CallTableProps {
  readonly calls: readonly CallRow[];
  readonly tools: ToolLooks;
  /** What the table lists, for assistive technology. */
  readonly caption: string;
  readonly onOpen: (call: CallRow) => void;
  /** Rows before and after these that are not in the document, where the list is long. */
  readonly window?: { readonly first: number; readonly total: number; readonly before: ReactNode; readonly after: ReactNode };
}

/** The call log, a row a call, newest first. On a narrow screen the path folds into the first column. */
export function CallTable({ calls, tools, caption, onOpen, window }: CallTableProps) {
  return (
    <div className="overflow-hidden rounded-lg border bg-card shadow-raised">
      <Table className="table-fixed" aria-rowcount={window === undefined ? undefined : window.total + 1}>
        <caption className="sr-only">{caption}</caption>
        <TableHeader>
          <TableRow className="bg-muted/60">
            <TableHead scope="col">Call</TableHead>
            <TableHead scope="col" className="w-32">
              Result
            </TableHead>
            <TableHead scope="col" className="hidden w-28 text-end sm:table-cell">
              Took
            </TableHead>
            <TableHead scope="col" className="hidden w-[27%] lg:table-cell">
              Path served
            </TableHead>
            <TableHead scope="col" className="hidden w-32 xl:table-cell">
              For
            </TableHead>
            <TableHead scope="col" className="hidden w-24 text-end sm:table-cell">
              When
            </TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {window?.before}
          {calls.map((call, index) => (
            <CallTableRow
              key={call.id}
              call={call}
              tools={tools}
              rowIndex={window === undefined ? undefined : window.first + index + 2}
              onOpen={onOpen}
            />
          ))}
          {window?.after}
        </TableBody>
      </Table>
    </div>
  );
}

/** Every row's height in pixels, its line included; the row's class says the same. */
export const callRowHeight = 49;

/** Waits from here on are worth a word in the list. */
const noticedWaitMs = 100;

interface CallTableRowProps extends Pick<CallTableProps, "tools" | "onOpen"> {
  readonly call: CallRow;
  readonly rowIndex: number | undefined;
}

const CallTableRow = memo(function CallTableRow({ call, tools, rowIndex, onOpen }: CallTableRowProps) {
  const tool = tools[call.integration];
  const attempts = call.attempts.length;
  return (
    <TableRow
      aria-rowindex={rowIndex}
      data-call={call.id}
      className="relative h-[49px] transition-colors focus-within:bg-accent hover:bg-accent"
    >
      <TableCell className="max-w-0 py-1.5">
        <span className="flex min-w-0 items-center gap-2.5">
          {tool === undefined ? null : <ToolIcon icon={tool.icon} gradient={tool.gradient} size="sm" />}
          <span className="min-w-0 flex-1">
            <span className="flex h-5 min-w-0 items-center gap-2 leading-5">
              <button
                type="button"
                onClick={() => onOpen(call)}
                className="block min-w-0 truncate rounded-sm text-start font-medium outline-none after:absolute after:inset-0 focus-visible:after:rounded-sm focus-visible:after:outline-2 focus-visible:after:outline-ring focus-visible:after:-outline-offset-2"
              >
                <span className="sr-only">{tool?.name ?? call.integration}: </span>
                {call.operation}
              </button>
              {attempts < 2 ? null : <Badge variant={call.outcome === "ok" ? "neutral" : "warning"}>{attempts} attempts</Badge>}
            </span>
            <span className="block h-4 truncate text-muted-foreground text-xs leading-4 lg:hidden">{call.path ?? "No path"}</span>
          </span>
        </span>
      </TableCell>
      <TableCell>
        <CallOutcome ending={{ ...call, sent: call.attempts.at(-1)?.sent ?? true }} />
      </TableCell>
      <TableCell className="hidden text-end tabular-nums sm:table-cell">
        {formatDuration(call.elapsedMs)}
        {call.waitMs < noticedWaitMs ? null : (
          <span className="block text-muted-foreground text-xs">{formatDuration(call.waitMs)} waited</span>
        )}
      </TableCell>
      <TableCell className="hidden max-w-0 truncate lg:table-cell" title={call.path ?? undefined}>
        {call.path === null ? <span className="text-muted-foreground">None</span> : <code className="font-mono text-xs">{call.path}</code>}
      </TableCell>
      <TableCell className="hidden max-w-0 truncate xl:table-cell" title={call.actor}>
        {call.actor}
      </TableCell>
      <TableCell className="hidden whitespace-nowrap text-end text-muted-foreground sm:table-cell" title={formatAbsolute(call.at)}>
        <RelativeTime at={call.at} />
      </TableCell>
    </TableRow>
  );
});
