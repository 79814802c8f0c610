import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  Clock,
  Gauge,
  KeyRound,
  LoaderCircle,
  type LucideIcon,
  OctagonX,
  RefreshCw,
  Settings2,
  ShieldAlert,
  Unplug,
} from "lucide-react";
import { cn } from "@/components/ui/cn";
import type { CapabilityState, ConnectionState } from "@/server/integrations/catalogue";

type Tone = "success" | "warning" | "danger" | "info" | "neutral";

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly tone: Tone;
}

/** A state in one icon, one word and one meaning; the sentence with the reason comes from the server. */
const states: Readonly<Record<ConnectionState, Look>> = {
  not_configured: { icon: Settings2, word: "Not configured", tone: "neutral" },
  disconnected: { icon: CircleDashed, word: "Not connected", tone: "neutral" },
  connecting: { icon: LoaderCircle, word: "Connecting", tone: "info" },
  connected: { icon: CircleCheck, word: "Connected", tone: "success" },
  syncing: { icon: RefreshCw, word: "Syncing", tone: "info" },
  limited: { icon: Gauge, word: "Limited by the tool", tone: "warning" },
  missing_scope: { icon: ShieldAlert, word: "Permission missing", tone: "warning" },
  reauth_required: { icon: KeyRound, word: "Needs a new sign-in", tone: "warning" },
  failed: { icon: CircleAlert, word: "Failed", tone: "danger" },
  stopped: { icon: OctagonX, word: "Stopped", tone: "danger" },
  disconnecting: { icon: Unplug, word: "Disconnecting", tone: "info" },
};
const later: Look = { icon: Clock, word: "Not available yet", tone: "neutral" };

const tones: Record<Tone, string> = {
  success: "text-success",
  warning: "text-warning",
  danger: "text-danger",
  info: "text-info",
  neutral: "text-muted-foreground",
};

export interface ConnectionStatusProps {
  readonly state: ConnectionState;
  /** False while the tool's connector is not there. */
  readonly available?: boolean;
  readonly className?: string;
}

/** The status of a tool or a connection: icon and word, coloured by meaning. */
export function ConnectionStatusLabel({ state, available = true, className }: ConnectionStatusProps) {
  const look = available ? states[state] : later;
  const Icon = look.icon;
  return (
    <span
      data-slot="connection-status"
      className={cn("inline-flex items-center gap-1.5 align-middle font-medium", tones[look.tone], className)}
    >
      <Icon aria-hidden="true" className={cn("size-4 shrink-0", look.icon === LoaderCircle && "animate-spin")} />
      {look.word}
    </span>
  );
}

const switchedOff = { icon: CircleDashed, word: "Off", tone: "neutral" } as const;
const capabilityLooks: Readonly<Record<CapabilityState, { readonly icon: LucideIcon; readonly word: string; readonly tone: Tone }>> = {
  granted: { icon: CircleCheck, word: "Granted", tone: "success" },
  missing_scope: { icon: ShieldAlert, word: "Missing", tone: "warning" },
  not_connected: { icon: CircleDashed, word: "Not connected", tone: "neutral" },
  not_available_yet: { icon: Clock, word: "Not available yet", tone: "neutral" },
};

export interface CapabilityStateLabelProps {
  readonly state: CapabilityState;
  /** Of a connection that is there: it is switched off. */
  readonly isOff?: boolean;
  readonly className?: string;
}

/** The state of one capability: icon and word. */
export function CapabilityStateLabel({ state, isOff = false, className }: CapabilityStateLabelProps) {
  const look = isOff && state === "not_connected" ? switchedOff : capabilityLooks[state];
  const Icon = look.icon;
  return (
    <span className={cn("inline-flex items-center gap-1 text-xs", tones[look.tone], className)}>
      <Icon aria-hidden="true" className="size-3.5 shrink-0" />
      {look.word}
    </span>
  );
}
