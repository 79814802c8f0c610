/** The explorer's URL read back into a path, and what a path says of itself. `components/files-url.ts` is the other direction. */

export const rootPath = "/context";

/** The path of a route's `[[...path]]`, whose segments come as they stand in the URL. */
export function pathOfSegments(segments: readonly string[]): string {
  return segments.length === 0 ? rootPath : `/${segments.map(decodeSegment).join("/")}`;
}

/** The path that an explorer URL's pathname stands for; the explorer's own root stands for `/context`. */
export function pathOfUrl(pathname: string): string {
  const segments = pathname
    .split("/")
    .slice(3)
    .filter((segment) => segment !== "");
  return segments.length === 0 ? rootPath : `/${segments.map(decodeSegment).join("/")}`;
}

/** A hand-typed URL may hold a lone `%`: then it means itself. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The directory a path stands in; `/context` is its own. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end <= 0 ? rootPath : path.slice(0, end);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Every directory from `/context` down to the path itself. */
export function ancestorsOf(path: string): string[] {
  const segments = path.split("/").filter((segment) => segment !== "");
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join("/")}`);
}

/** `ENG-12 Fix login~k3v9qp2a.md` → human part, handle and extension, for tool objects; other names are all human. */
export function splitName(name: string, isObject: boolean): { human: string; tail: string } {
  if (!isObject) return { human: name, tail: "" };
  const match = /^(.*)(~[a-z2-7]{8,}(?:\.[a-z0-9]+)?)$/s.exec(name);
  return match === null ? { human: name, tail: "" } : { human: match[1] ?? name, tail: match[2] ?? "" };
}
