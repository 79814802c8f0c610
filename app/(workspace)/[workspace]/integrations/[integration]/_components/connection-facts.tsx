import { FolderOpen, Lock, Users } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { filesUrl } from "@/components/files-url";
import { AbsoluteTime } from "@/components/time";
import { CopyButton } from "@/components/ui/copy-button";
import type { ConnectionView } from "@/server/integrations/catalogue";

export interface ConnectionFactsProps {
  readonly connection: ConnectionView;
  readonly slug: string;
}

/** Whose account, who sees it, where it is mounted, what was granted. */
export function ConnectionFacts({ connection, slug }: ConnectionFactsProps) {
  return (
    <dl className="grid divide-y">
      <Fact term="Account">
        <span className="break-words">
          {connection.accountName}
          {connection.accountEmail === null || connection.accountEmail === connection.accountName ? null : (
            <span className="text-muted-foreground"> ({connection.accountEmail})</span>
          )}
        </span>
      </Fact>
      {connection.orgName === null ? null : <Fact term="Organisation">{connection.orgName}</Fact>}
      <Fact term="Who can use it">
        <span className="inline-flex items-center gap-1.5">
          {connection.visibility === "workspace" ? (
            <>
              <Users aria-hidden="true" className="size-4 text-muted-foreground" /> Everyone in this workspace
            </>
          ) : (
            <>
              <Lock aria-hidden="true" className="size-4 text-muted-foreground" /> Only you
            </>
          )}
        </span>
      </Fact>
      <Fact term="Files">
        <span className="flex flex-wrap items-center gap-1">
          <Link href={filesUrl(slug, connection.path)} className="inline-flex min-w-0 items-center gap-1.5 text-link">
            <FolderOpen aria-hidden="true" className="size-4 shrink-0" />
            <code className="break-all font-mono text-xs">{connection.path}</code>
          </Link>
          <CopyButton value={connection.path} label="Copy path" className="-my-1" />
        </span>
      </Fact>
      <Fact term="Scopes">
        {connection.scopes.length === 0 ? (
          "The tool did not name any"
        ) : (
          <ul className="flex flex-wrap gap-1">
            {connection.scopes.map((scope) => (
              <li key={scope}>
                <code className="break-all rounded-sm border bg-muted px-1.5 py-0.5 font-mono text-2xs">{scope}</code>
              </li>
            ))}
          </ul>
        )}
      </Fact>
      <Fact term="Time zone">{connection.timeZone}</Fact>
      <Fact term="Connected">
        <AbsoluteTime at={connection.connectedAt} /> by {connection.connectedBy}
      </Fact>
    </dl>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-0.5 py-2.5 sm:grid-cols-[9rem_minmax(0,1fr)]">
      <dt className="text-muted-foreground">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
