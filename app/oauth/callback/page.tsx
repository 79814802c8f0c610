import type { Metadata } from "next";
import { getHub } from "@/server/compose/hub";
import { describeStray } from "@/server/connections/flow-words";
import { OutcomeFrame } from "../_components/outcome-frame";

export const metadata: Metadata = { title: "Redirect addresses" };

/** A redirect address without its tool names the right ones, and takes no answer. */
export default async function BareCallbackPage() {
  const { connections } = await getHub();
  const words = describeStray("no_integration", []);
  return (
    <OutcomeFrame title={words.title}>
      <p>{words.happened}</p>
      <p>Register the address of the tool:</p>
      <ul className="grid gap-1">
        {connections.redirectUris.map((uri) => (
          <li key={uri}>
            <code className="break-all font-mono text-xs">{uri}</code>
          </li>
        ))}
      </ul>
    </OutcomeFrame>
  );
}
