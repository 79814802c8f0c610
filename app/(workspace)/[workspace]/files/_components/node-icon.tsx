import { BookOpen, Braces, Brain, Clock, File, FileText, Folder, Lightbulb, Link2, Lock, type LucideIcon, Wrench } from "lucide-react";
import { ToolIcon } from "@/components/tool-icon";
import { cn } from "@/components/ui/cn";
import { useWorkspace } from "@/components/workspace-context";
import type { Node } from "@/server/vfs/node";

/** The directories that the contract names have pictures of their own. */
const byPath: Readonly<Record<string, LucideIcon>> = {
  "/context/tools": Wrench,
  "/context/memory": Brain,
  "/context/memory/scratchpad": FileText,
  "/context/memory/episodic": Clock,
  "/context/memory/facts": BookOpen,
  "/context/memory/experiential": Lightbulb,
  "/context/user": Lock,
};

export interface NodeIconProps {
  readonly node: Pick<Node, "path" | "kind" | "mediaType" | "integration" | "mount">;
  readonly className?: string;
}

/** What kind of thing a node is, for the eye; the name beside it says the same. A tool's mount wears the tool's own mark. */
export function NodeIcon({ node, className }: NodeIconProps) {
  const { tools } = useWorkspace();
  const tool = node.integration !== null && node.mount === node.path ? tools[node.integration] : undefined;
  if (tool !== undefined) return <ToolIcon icon={tool.icon} gradient={tool.gradient} size="sm" className={className} />;
  const Icon = iconOf(node);
  return <Icon aria-hidden="true" className={cn("size-4 shrink-0 text-muted-foreground", className)} strokeWidth={1.75} />;
}

function iconOf({ path, kind, mediaType }: NodeIconProps["node"]): LucideIcon {
  if (kind === "link") return Link2;
  if (kind === "directory") return byPath[path] ?? Folder;
  if (mediaType?.startsWith("text/markdown") === true) return FileText;
  if (mediaType?.includes("json") === true) return Braces;
  return File;
}
