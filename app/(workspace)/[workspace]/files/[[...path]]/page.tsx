import type { Metadata } from "next";
import { Explorer } from "../_components/explorer";

export const metadata: Metadata = { title: "Files" };

/** The explorer. Everything below `/files` is one page: the URL is the path, and the browser reads it. */
export default async function FilesPage({ params }: { readonly params: Promise<{ workspace: string }> }) {
  const { workspace } = await params;
  return <Explorer workspace={workspace} />;
}
