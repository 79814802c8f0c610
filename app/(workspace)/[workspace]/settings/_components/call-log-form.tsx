"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { useTRPC } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";

/** How long this workspace keeps its call log. */
export function CallLogForm() {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const kept = useQuery(trpc.calls.retention.queryOptions({ workspace: slug }));
  const mayChange = can("calls.retention");
  return (
    <Card>
      <CardHeader>
        <div>
          <CardTitle>Call log</CardTitle>
          <CardDescription>
            {mayChange ? "How long the calls to tools can be looked up." : "An admin or the owner of this workspace can change this."}
          </CardDescription>
        </div>
      </CardHeader>
      {kept.data !== undefined ? (
        <DaysForm key={`${kept.data.days}`} {...kept.data} mayChange={mayChange} />
      ) : (
        <CardContent>
          {kept.isError ? (
            <ErrorState error={kept.error} title="This did not load" onRetry={() => void kept.refetch()} retrying={kept.isFetching} />
          ) : (
            <Skeleton role="status" aria-label="Loading the call log's days" className="h-14 w-40" />
          )}
        </CardContent>
      )}
    </Card>
  );
}

interface DaysFormProps {
  /** Null: the hub's default. */
  readonly days: number | null;
  readonly defaultDays: number;
  readonly mostDays: number;
  readonly mayChange: boolean;
}

function DaysForm({ days, defaultDays, mostDays, mayChange }: DaysFormProps) {
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [text, setText] = useState(String(days ?? defaultDays));
  const save = useMutation(
    trpc.calls.setRetention.mutationOptions({
      onSuccess: async (_saved, { days: saved }) => {
        await queries.invalidateQueries(trpc.calls.retention.queryFilter({ workspace: slug }));
        toast.success(saved === null ? "Saved: as long as the hub does by default" : `Saved: ${daysOf(saved)}`);
      },
    }),
  );
  const next = Number(text);
  const isValid = Number.isInteger(next) && next >= 1 && next <= mostDays;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isValid) save.mutate({ workspace: slug, days: next });
  };
  return (
    <form onSubmit={submit}>
      <CardContent className="grid gap-4">
        <Field
          id="call-log-days"
          label="Days to keep"
          hint={`From 1 to ${mostDays}. Older calls are deleted within the hour. ${
            days === null ? `This is the hub's default of ${daysOf(defaultDays)}.` : `The hub's default is ${daysOf(defaultDays)}.`
          }`}
        >
          <Input
            {...fieldAria("call-log-days", { hint: true })}
            type="number"
            inputMode="numeric"
            min={1}
            max={mostDays}
            step={1}
            required
            value={text}
            onChange={(event) => setText(event.target.value)}
            readOnly={!mayChange}
            className="w-28"
          />
        </Field>
        {isValid && mayChange && next < (days ?? defaultDays) ? (
          <Alert variant="warning">Calls older than {daysOf(next)} will be deleted and cannot be brought back.</Alert>
        ) : null}
        {save.isError ? (
          <Alert variant="danger" role="alert">
            {readFailure(save.error).message}
          </Alert>
        ) : null}
      </CardContent>
      {mayChange ? (
        <CardFooter>
          <Button type="submit" disabled={!isValid || next === days || save.isPending}>
            {save.isPending ? "Saving" : "Save days"}
          </Button>
          {days === null ? null : (
            <Button variant="outline" onClick={() => save.mutate({ workspace: slug, days: null })} disabled={save.isPending}>
              Use the default
            </Button>
          )}
        </CardFooter>
      ) : null}
    </form>
  );
}

const daysOf = (count: number): string => (count === 1 ? "one day" : `${count} days`);
