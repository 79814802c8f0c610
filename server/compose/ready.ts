import "server-only";
import { getHub } from "./hub";

/** The parts that a request needs, each `ok` or `failed`; why is in the log, never in the answer. */
export async function checkReady(): Promise<{ ready: boolean; parts: { database: "ok" | "failed" } }> {
  try {
    const hub = await getHub();
    await hub.db.executeSql("select 1", []);
    return { ready: true, parts: { database: "ok" } };
  } catch (error) {
    const hub = await getHub().catch(() => null);
    hub?.log.error({ error }, "not ready");
    return { ready: false, parts: { database: "failed" } };
  }
}
