/** The streaming door's address of a file: its bytes, as an attachment. `original`: what the tool itself keeps (`.eml`, `.ics`, `.vcf`). */
export function bytesUrl(slug: string, path: string, original = false): string {
  return `/api/files/${slug}${path.split("/").map(encodeURIComponent).join("/")}${original ? "?as=raw" : ""}`;
}
