import { IANAZone } from "luxon";
import { badRequest } from "../failures";

/** Time zones as Outlook names them: Windows' names and IANA's (https://learn.microsoft.com/graph/api/resources/datetimetimezone). */
const windows: Readonly<Record<string, string>> = {
  "W. Europe Standard Time": "Europe/Berlin",
  "Romance Standard Time": "Europe/Paris",
  "GMT Standard Time": "Europe/London",
  "Central Europe Standard Time": "Europe/Budapest",
  "FLE Standard Time": "Europe/Kyiv",
  "Israel Standard Time": "Asia/Jerusalem",
  "Tokyo Standard Time": "Asia/Tokyo",
  "India Standard Time": "Asia/Kolkata",
  "W. Central Africa Standard Time": "Africa/Lagos",
  "Eastern Standard Time": "America/New_York",
  "Central Standard Time": "America/Chicago",
  "Pacific Standard Time": "America/Los_Angeles",
  "Greenwich Standard Time": "Atlantic/Reykjavik",
  UTC: "UTC",
};

const ofIana = new Map(Object.entries(windows).map(([name, iana]) => [iana, name]));

/** The IANA zone of a name of either kind; 400 for none. */
export function zoneOf(name: string): string {
  const known = windows[name];
  if (known !== undefined) return known;
  if (IANAZone.isValidZone(name)) return name;
  throw badRequest(
    `A valid TimeZone value must be specified. The following TimeZone value is not supported: '${name}'.`,
    "TimeZoneNotSupportedException",
  );
}

/** Windows' name of an IANA zone, which Outlook keeps where it knows one. */
export const windowsName = (iana: string): string => ofIana.get(iana) ?? iana;
