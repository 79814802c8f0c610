import type { Location } from "@/server/vfs/tool-mount";
import { isDay } from "../../../days";
import { fixed, nothingHere, object, patternOf } from "../area";

/** Where a location of the mail area is; ids are Gmail's. */
export type GmailPlace =
  | { readonly at: "root" | "days" | "labels" }
  | { readonly at: "day"; readonly day: string }
  | { readonly at: "message"; readonly day: string; readonly message: string }
  | { readonly at: "companion" | "attachments"; readonly day: string; readonly message: string }
  | { readonly at: "attachment"; readonly day: string; readonly message: string; readonly part: string }
  | { readonly at: "label"; readonly label: string }
  | { readonly at: "labelDay"; readonly label: string; readonly day: string }
  | { readonly at: "labelled"; readonly label: string; readonly day: string; readonly message: string };

/** An attachment is known by its message and its place in it: Gmail's own ids of attachments change. */
export const attachmentKey = (message: string, part: string): string => `${message}/${part}`;

export const gmailLocations = {
  message: (day: string, message: string): Location => [fixed("gmail"), fixed("messages"), fixed(day), object("message", message)],
};

/** Reads a location; ENOENT where the tree has no such place. */
export function gmailPlaceOf(location: Location): GmailPlace {
  const dayAt = location.findIndex((segment) => segment.type === "fixed" && isDay(segment.name));
  const found = location[dayAt];
  const day = found?.type === "fixed" ? found.name : "";
  const { pattern, ids } = patternOf(dayAt < 0 ? location : location.with(dayAt, fixed("<day>")));
  const [first = "", second = ""] = ids;
  switch (pattern) {
    case "gmail":
      return { at: "root" };
    case "gmail/messages":
      return { at: "days" };
    case "gmail/messages/<day>":
      return { at: "day", day };
    case "gmail/messages/<day>/<message>":
      return { at: "message", day, message: first };
    case "gmail/messages/<day>/<message>.d":
      return { at: "companion", day, message: first };
    case "gmail/messages/<day>/<message>.d/attachments":
      return { at: "attachments", day, message: first };
    case "gmail/messages/<day>/<message>.d/attachments/<attachment>": {
      const [message = "", ...part] = second.split("/");
      if (message !== first) throw nothingHere();
      return { at: "attachment", day, message, part: part.join("/") };
    }
    case "gmail/labels":
      return { at: "labels" };
    case "gmail/labels/<label>":
      return { at: "label", label: first };
    case "gmail/labels/<label>/<day>":
      return { at: "labelDay", label: first, day };
    case "gmail/labels/<label>/<day>/<message>":
      return { at: "labelled", label: first, day, message: second };
    default:
      throw nothingHere();
  }
}
