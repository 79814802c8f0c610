/** Next calls this once, before the first request of a process. It also compiles it for the edge runtime, which the hub does not use. */
export async function register(): Promise<void> {
  // Next replaces the name at build time, so that the edge's copy holds nothing of the server.
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { startHub } = await import("@/server/compose/start");
    await startHub();
  }
}
