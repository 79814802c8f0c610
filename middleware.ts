import { type NextRequest, NextResponse } from "next/server";
import { sessionCookieName } from "@/server/auth/cookie";
import { getEnv, isDevServer } from "@/server/env";
import { isOwnHost } from "@/server/own-host";

/**
 * Sends those without a session cookie to sign in, and gives every page its Content-Security-Policy. No database and no authorisation:
 * whether the session is alive and what it may do is decided where the data is.
 */
const publicPaths = ["/sign-in", "/verify-request", "/mailbox", "/oauth"] as const;

const isPublic = (path: string) => path === "/" || publicPaths.some((open) => path === open || path.startsWith(`${open}/`));

/** The policy of one answer. In development Next injects styles and evaluates code, which only there is let through. */
function contentSecurityPolicy(nonce: string, dev: boolean): string {
  return [
    "default-src 'self'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
    dev ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    // Positions that scripts give to rows are style attributes; they carry no code and load nothing.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${dev ? " ws:" : ""}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function middleware(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const { origin, role } = getEnv();
  if (!isOwnHost(origin, request.headers.get("host"))) return new NextResponse(`Open the hub at ${origin}.\n`, { status: 421 });
  if (role === "worker") return new NextResponse("This process runs jobs; it answers /api/health only.\n", { status: 404 });
  if (!isPublic(pathname) && !request.cookies.has(sessionCookieName(origin))) {
    return NextResponse.redirect(`${origin}/sign-in?${new URLSearchParams({ next: `${pathname}${search}` })}`);
  }
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce, isDevServer());
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  response.headers.set("cache-control", "private, no-store");
  if (origin.startsWith("https:")) response.headers.set("strict-transport-security", "max-age=31536000");
  return response;
}

export const config = {
  runtime: "nodejs",
  // API routes answer 401 themselves and stream bodies; static files and the icon carry no scripts.
  matcher: ["/((?!api/|_next/static/|_next/image|icon\\.svg$|favicon\\.ico$).*)"],
};
