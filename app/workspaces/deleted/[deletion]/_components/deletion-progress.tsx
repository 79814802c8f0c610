"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import Link from "next/link";
import { Revocation } from "@/components/revocation";
import { useTRPC } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import type { DeletionView } from "@/server/compose/deletion";

const askEveryMs = 1_000;

const count = (number: number, one: string, many: string): string => (number === 1 ? `1 ${one}` : `${number.toLocaleString("en")} ${many}`);

/** A deletion as it goes on, to its end; it can be left and come back to. */
export function DeletionProgress({ deletion }: { readonly deletion: DeletionView }) {
  const trpc = useTRPC();
  const progress = useQuery(
    trpc.workspaces.deletion.queryOptions(
      { deletion: deletion.id },
      { initialData: deletion, refetchInterval: ({ state }) => (state.data?.finishedAt === null ? askEveryMs : false) },
    ),
  );
  const { name, finishedAt, connections, connectionsLeft, erased, receipts } = progress.data;
  const unproven = receipts.filter(({ revoked }) => revoked === "failed" || revoked === "not_offered").length;
  return (
    <>
      <h1 className="break-words font-semibold text-2xl">{finishedAt === null ? `Deleting ${name}` : `${name} is deleted`}</h1>
      <p role="status" className="mt-2 flex items-start gap-2 text-base text-muted-foreground">
        {finishedAt === null ? (
          <Spinner className="mt-1" />
        ) : (
          <CircleCheck aria-hidden="true" className="mt-1 size-4 shrink-0 text-success" />
        )}
        {finishedAt === null
          ? connectionsLeft > 0
            ? `Ending its connections at their tools: ${count(connectionsLeft, "is", "are")} left of ${connections}. This goes on if you leave.`
            : `Deleting its records: ${count(erased, "is", "are")} gone. This goes on if you leave.`
          : `${count(connections, "connection", "connections")} ended and ${count(erased, "record", "records")} deleted. Nothing of it is left in the hub but this page, for 30 days and for you alone.`}
      </p>
      {progress.isError ? (
        <Alert variant="warning" className="mt-4">
          How far it is could not be asked just now. It goes on all the same.
        </Alert>
      ) : null}
      {receipts.length === 0 ? null : (
        <section aria-label="What became of its connections" className="mt-6">
          <h2 className="font-semibold">What became of its connections</h2>
          {unproven === 0 ? null : (
            <Alert variant="warning" className="mt-3">
              {count(unproven, "access was", "accesses were")} not proven to have ended at the tool. The hub holds no token of it any more;
              end it there as well.
            </Alert>
          )}
          <ul className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-3">
            {receipts.map((receipt) => (
              <li key={receipt.connection} className="rounded-md border bg-card p-3">
                <p className="mb-1 font-medium">{receipt.tool}</p>
                <Revocation outcome={receipt.revoked} proof={receipt.proof} requestId={receipt.requestId} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <Button asChild className="mt-6" variant={finishedAt === null ? "outline" : "default"}>
        <Link href="/">{finishedAt === null ? "Leave this page" : "Continue"}</Link>
      </Button>
    </>
  );
}
