import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { expect, expectTypeOf, test } from "vitest";
import type * as published from "@/client/src/contract";
import { type ErrorBody, type ErrorCode, errorTable } from "@/server/errors";
import { type AppRouter, appRouter } from "./root";

/**
 * The client's published types are the server's: `tsc` fails here when one changes without the other. Their words are written out in the
 * package, so that it stands alone and a change of the API shows as a change of it.
 */

type Answers = inferRouterOutputs<AppRouter>["vfs"];
type Asked = inferRouterInputs<AppRouter>["vfs"];
type Client = published.HubOperations;
type AnswerOf<Operation extends keyof Client> = Awaited<ReturnType<Client[Operation]>>;
/** What the client sends for an operation. */
type SentFor<Operation extends keyof Client> = Parameters<Client[Operation]>[0] & { workspace: string };

/** `readonly` all through: on the wire nothing is either. */
type Frozen<T> = T extends readonly (infer E)[] ? readonly Frozen<E>[] : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** Each may stand for the other. */
type Same<One, Other> = [Frozen<One>] extends [Frozen<Other>] ? ([Frozen<Other>] extends [Frozen<One>] ? true : false) : false;

type AnswersMatch = { [Operation in keyof Client]: Same<AnswerOf<Operation>, Answers[Operation]> };
type InputsMatch = { [Operation in keyof Client]: Same<SentFor<Operation>, Asked[Operation]> };
type AllTrue = Record<keyof Client, true>;

test("the client's inputs, answers and errors are the API's", () => {
  expectTypeOf<AnswersMatch>().toEqualTypeOf<AllTrue>();
  expectTypeOf<InputsMatch>().toEqualTypeOf<AllTrue>();
  expectTypeOf<published.ErrorCode>().toEqualTypeOf<ErrorCode>();
  expectTypeOf<Same<published.ErrorBody, ErrorBody>>().toEqualTypeOf<true>();
  expect(Object.keys(errorTable).length).toBeGreaterThan(10);
});

test("every operation of the client is a procedure of the API", () => {
  const procedures = Object.keys(appRouter._def.procedures);
  const operations: Record<keyof Client, true> = {
    ...{ stat: true, list: true, read: true, schema: true, write: true, append: true, edit: true, mkdir: true, move: true, remove: true },
    execute: true,
  };
  for (const operation of Object.keys(operations)) expect(procedures).toContain(`vfs.${operation}`);
});
