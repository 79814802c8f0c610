import { redirect } from "next/navigation";

interface WorkspacePageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

/** A workspace opens at its files. */
export default async function WorkspacePage({ params }: WorkspacePageProps) {
  redirect(`/${(await params).workspace}/files`);
}
