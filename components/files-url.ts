/** The explorer's address of a path in a workspace: the path itself, each segment percent-encoded, so that `#`, `%` and `?` are names. */
export function filesUrl(slug: string, path: string): string {
  return `/${slug}/files${path.split("/").map(encodeURIComponent).join("/")}`;
}
