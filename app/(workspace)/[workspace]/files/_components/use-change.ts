"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTRPC, useTRPCClient } from "@/components/trpc/provider";
import type { Plan, Receipt } from "@/server/vfs/node";

/** A change that is asked for: what `dryRun` is run with. */
export type WantedChange =
  | { readonly operation: "write"; readonly path: string; readonly text: string; readonly ifMatch?: string; readonly ifNoneMatch?: "*" }
  | { readonly operation: "append"; readonly path: string; readonly text: string }
  | { readonly operation: "mkdir"; readonly path: string }
  | { readonly operation: "move"; readonly path: string; readonly to: string; readonly ifMatch?: string }
  | { readonly operation: "remove"; readonly path: string; readonly ifMatch?: string; readonly recursive?: boolean };

/** Where a change stands: it is planned, shown, executed, and leaves a receipt. */
export type ChangeState =
  | { readonly step: "idle" }
  | { readonly step: "planning"; readonly wanted: WantedChange }
  | { readonly step: "planned"; readonly wanted: WantedChange; readonly plan: Plan; readonly key: string }
  | { readonly step: "executing"; readonly wanted: WantedChange; readonly plan: Plan | null; readonly key: string }
  | { readonly step: "done"; readonly wanted: WantedChange; readonly receipt: Receipt; readonly planned: boolean }
  | { readonly step: "failed"; readonly wanted: WantedChange; readonly error: unknown };

type Answer = { readonly kind: "plan"; readonly plan: Plan } | { readonly kind: "receipt"; readonly receipt: Receipt };

/** Plan, execute, receipt: the one way the explorer changes anything. Every attempt to execute carries the same idempotency key. */
export function useChange(workspace: string) {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [state, setState] = useState<ChangeState>({ step: "idle" });

  const call = useCallback(
    (wanted: WantedChange, options: { dryRun?: boolean; idempotencyKey?: string }): Promise<Answer> => {
      switch (wanted.operation) {
        case "write":
          return client.vfs.write.mutate({ workspace, ...wanted, ...options });
        case "append":
          return client.vfs.append.mutate({ workspace, ...wanted, ...options });
        case "mkdir":
          return client.vfs.mkdir.mutate({ workspace, ...wanted, ...options });
        case "move":
          return client.vfs.move.mutate({ workspace, ...wanted, ...options });
        case "remove":
          return client.vfs.remove.mutate({ workspace, ...wanted, ...options });
      }
    },
    [client, workspace],
  );

  const settle = useCallback(
    async (wanted: WantedChange, answer: Answer, planned: boolean) => {
      if (answer.kind === "plan") setState({ step: "planned", wanted, plan: answer.plan, key: crypto.randomUUID() });
      else {
        await queryClient.invalidateQueries({ queryKey: trpc.vfs.pathKey() });
        setState({ step: "done", wanted, receipt: answer.receipt, planned });
      }
      return answer;
    },
    [queryClient, trpc],
  );

  /** Asks what the change would do. */
  const plan = useCallback(
    async (wanted: WantedChange): Promise<void> => {
      setState({ step: "planning", wanted });
      try {
        await settle(wanted, await call(wanted, { dryRun: true }), true);
      } catch (error) {
        setState({ step: "failed", wanted, error });
      }
    },
    [call, settle],
  );

  /** Does exactly what was planned. */
  const execute = useCallback(async (): Promise<void> => {
    if (state.step !== "planned") return;
    const { wanted, plan: planned, key } = state;
    setState({ step: "executing", wanted, plan: planned, key });
    try {
      await settle(wanted, await client.vfs.execute.mutate({ workspace, plan: planned.id, idempotencyKey: key }), true);
    } catch (error) {
      setState({ step: "failed", wanted, error });
    }
  }, [client, settle, state, workspace]);

  /** Changes at once, for what needs no plan shown: a comment, a file of our own storage. Resolves with the receipt, null when it failed. */
  const run = useCallback(
    async (wanted: WantedChange): Promise<Receipt | null> => {
      const key = crypto.randomUUID();
      setState({ step: "executing", wanted, plan: null, key });
      try {
        const answer = await settle(wanted, await call(wanted, { idempotencyKey: key }), false);
        return answer.kind === "receipt" ? answer.receipt : null;
      } catch (error) {
        setState({ step: "failed", wanted, error });
        return null;
      }
    },
    [call, settle],
  );

  const reset = useCallback(() => setState({ step: "idle" }), []);
  return { state, plan, execute, run, reset };
}
