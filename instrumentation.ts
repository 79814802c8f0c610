/** Next calls this once, before the first request of a process. */
export async function register(): Promise<void> {
  const { startHub } = await import("@/server/compose/start");
  await startHub();
}
