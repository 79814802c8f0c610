"use client";

import type { ReactNode } from "react";
import { formatBytes } from "@/components/format-time";
import { AbsoluteTime, RelativeTime } from "@/components/time";
import { CopyButton } from "@/components/ui/copy-button";
import type { Node } from "@/server/vfs/node";

const sources = { live: "asked of the tool", mirror: "from the mirror", storage: "stored here" } as const;

/** What the hub knows of a node: the `stat` of it, in words. */
export function Details({ node }: { readonly node: Node }) {
  const { freshness } = node;
  return (
    <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-2 text-sm">
      <Row label="Path">
        <Copyable value={node.path} label="Copy path" />
      </Row>
      {node.canonicalPath === node.path ? null : (
        <Row label="Canonical path">
          <Copyable value={node.canonicalPath} label="Copy canonical path" />
        </Row>
      )}
      <Row label="Kind">{node.objectKind ?? node.kind}</Row>
      {node.mediaType === null ? null : <Row label="Type">{node.mediaType}</Row>}
      {node.sizeBytes === null ? null : (
        <Row label="Size">
          {formatBytes(node.sizeBytes)}
          {node.tokenEstimate === null ? "" : `, about ${node.tokenEstimate.toLocaleString("en")} tokens`}
        </Row>
      )}
      {node.createdAt === null ? null : (
        <Row label="Created">
          <AbsoluteTime at={node.createdAt} />
        </Row>
      )}
      {node.modifiedAt === null ? null : (
        <Row label="Modified">
          <AbsoluteTime at={node.modifiedAt} />
        </Row>
      )}
      {node.expiresAt === null ? null : (
        <Row label="Expires">
          <RelativeTime at={node.expiresAt} />
          {node.hardExpiresAt === null || node.hardExpiresAt === node.expiresAt ? null : (
            <>
              {" if unused, at the latest "}
              <RelativeTime at={node.hardExpiresAt} />
            </>
          )}
        </Row>
      )}
      <Row label="Freshness">
        <RelativeTime at={freshness.asOf} />, {sources[freshness.source]}
        {freshness.stale ? <span className="text-warning"> · the tool could not be asked</span> : null}
      </Row>
      <Row label="You may">{node.can.join(", ")}</Row>
      {node.actsAs === null || node.actsAs.type === "hub" ? null : <Row label="Writes as">{node.actsAs.name}</Row>}
      {node.connection === null ? null : (
        <Row label="Connection">
          {node.connection.accountName ?? node.connection.integration},{" "}
          {node.connection.visibility === "private" ? "only you" : "the whole workspace"}
          {node.connection.timeZone === null ? "" : `, days in ${node.connection.timeZone}`}
        </Row>
      )}
      {node.etag === null ? null : (
        <Row label="Etag">
          <code className="break-all font-mono text-xs">{node.etag}</code>
        </Row>
      )}
    </dl>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-muted-foreground">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Copyable({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <span className="flex items-start gap-1">
      <code dir="auto" className="min-w-0 break-all font-mono text-xs leading-5">
        {value}
      </code>
      <CopyButton value={value} label={label} size="icon-sm" className="-my-1 shrink-0" />
    </span>
  );
}
