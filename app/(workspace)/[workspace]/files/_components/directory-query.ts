import type { ListPage } from "@/server/vfs/node";
import type { ListInput } from "@/server/vfs/operations";

/** What a directory is asked by, the same on the server and in the browser, so that the one's answer is found by the other. */
export type Sort = Required<Pick<ListInput, "sort" | "order">>;

export const firstSort: Sort = { sort: "name", order: "ascending" };

export const directoryInput = (workspace: string, path: string, { sort, order }: Sort) => ({ workspace, path, sort, order, limit: 200 });

export const directoryPaging = { getNextPageParam: (page: ListPage) => page.nextCursor ?? undefined };
