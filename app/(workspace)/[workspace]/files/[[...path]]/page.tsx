import type { Metadata } from "next";
import { Hydrate, prefetch, prefetchInfinite, readPrefetched, trpc } from "@/app/_api/prefetch";
import { directoryInput, directoryPaging, firstSort } from "../_components/directory-query";
import { Explorer } from "../_components/explorer";
import { parentOf, pathOfSegments } from "../_components/path-url";

export const metadata: Metadata = { title: "Files" };

interface FilesPageProps {
  readonly params: Promise<{ readonly workspace: string; readonly path?: readonly string[] }>;
}

/** The explorer. Everything below `/files` is one page: the URL is the path, and the browser goes on from what is read here first. */
export default async function FilesPage({ params }: FilesPageProps) {
  const { workspace, path: segments } = await params;
  const path = pathOfSegments(segments ?? []);
  const stat = trpc.vfs.stat.queryOptions({ workspace, path });
  await prefetch(stat);
  const node = readPrefetched(stat.queryKey);
  if (node !== undefined) {
    const directory = node.kind === "directory" ? path : parentOf(path);
    const list = trpc.vfs.list.infiniteQueryOptions(directoryInput(workspace, directory, firstSort), directoryPaging);
    await Promise.all([
      prefetchInfinite(list),
      node.kind === "directory" ? undefined : prefetch(trpc.vfs.stat.queryOptions({ workspace, path: directory })),
    ]);
  }
  return (
    <Hydrate>
      <Explorer workspace={workspace} />
    </Hydrate>
  );
}
