"use client";

import { formatAbsolute, formatDuration } from "@/components/format-time";
import { RelativeTime } from "@/components/time";
import { ToolIcon } from "@/components/tool-icon";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { CallOutcome } from "./call-outcome";
import type { CallRow, ToolLooks } from "./call-row";

export interface CallTableProps {
  readonly calls: readonly CallRow[];
  readonly tools: ToolLooks;
  /** What the table lists, for assistive technology. */
  readonly caption: string;
  readonly onOpen: (call: CallRow) => void;
}

/** The call log, a row an attempt, newest first. On a narrow screen path and attempt fold into the first column. */
export function CallTable({ calls, tools, caption, onOpen }: CallTableProps) {
  return (
    <div className="overflow-hidden rounded-lg border bg-card shadow-raised">
      <Table className="table-fixed">
        <caption className="sr-only">{caption}</caption>
        <TableHeader>
          <TableRow className="bg-muted/60">
            <TableHead scope="col">Call</TableHead>
            <TableHead scope="col" className="w-36">
              Result
            </TableHead>
            <TableHead scope="col" className="hidden w-24 text-end sm:table-cell">
              Duration
            </TableHead>
            <TableHead scope="col" className="hidden w-20 text-end lg:table-cell">
              Attempt
            </TableHead>
            <TableHead scope="col" className="hidden w-[34%] lg:table-cell">
              Path served
            </TableHead>
            <TableHead scope="col" className="hidden w-28 text-end sm:table-cell">
              When
            </TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {calls.map((call) => (
            <CallTableRow key={call.id} call={call} tools={tools} onOpen={() => onOpen(call)} />
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

function CallTableRow({ call, tools, onOpen }: { readonly call: CallRow; readonly tools: ToolLooks; readonly onOpen: () => void }) {
  const tool = tools[call.integration];
  return (
    <TableRow className="relative transition-colors focus-within:bg-accent hover:bg-accent">
      <TableCell className="max-w-0 py-1.5">
        <span className="flex min-w-0 items-center gap-2.5">
          {tool === undefined ? null : <ToolIcon icon={tool.icon} gradient={tool.gradient} size="sm" />}
          <span className="min-w-0">
            <button
              type="button"
              onClick={onOpen}
              className="block max-w-full truncate rounded-sm text-start font-medium outline-none after:absolute after:inset-0 focus-visible:after:rounded-sm focus-visible:after:outline-2 focus-visible:after:outline-ring focus-visible:after:-outline-offset-2"
            >
              <span className="sr-only">{tool?.name ?? call.integration}: </span>
              {call.operation}
            </button>
            <span className="block truncate text-muted-foreground text-xs lg:hidden">
              {call.path ?? "No path"}
              {call.attempt > 1 ? ` · attempt ${call.attempt}` : null}
            </span>
          </span>
        </span>
      </TableCell>
      <TableCell>
        <CallOutcome call={call} />
      </TableCell>
      <TableCell className="hidden text-end tabular-nums sm:table-cell">{formatDuration(call.durationMs)}</TableCell>
      <TableCell className="hidden text-end tabular-nums lg:table-cell">{call.attempt}</TableCell>
      <TableCell className="hidden max-w-0 truncate lg:table-cell" title={call.path ?? undefined}>
        {call.path === null ? <span className="text-muted-foreground">None</span> : <code className="font-mono text-xs">{call.path}</code>}
      </TableCell>
      <TableCell className="hidden whitespace-nowrap text-end text-muted-foreground sm:table-cell" title={formatAbsolute(call.at)}>
        <RelativeTime at={call.at} />
      </TableCell>
    </TableRow>
  );
}
