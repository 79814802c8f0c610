import type { Send } from "@/server/transport/send";
import { type CalendarApi, createCalendarApi } from "./calendar";
import { type ContactsApi, createContactsApi } from "./contacts";
import { createFilesApi, type FilesApi } from "./files";
import { createGraphCaller, type GraphCaller } from "./http";
import { createMailApi, type MailApi } from "./mail";

/** Graph's calls by area, over an authorised `Send`. */
export interface Microsoft365Api {
  readonly graph: GraphCaller;
  readonly mail: MailApi;
  readonly calendar: CalendarApi;
  readonly files: FilesApi;
  readonly contacts: ContactsApi;
}

/** `base` is Graph's root (`https://graph.microsoft.com/v1.0`). */
export function createMicrosoft365Api(options: { readonly send: Send; readonly base: string }): Microsoft365Api {
  const graph = createGraphCaller(options);
  return {
    graph,
    mail: createMailApi(graph),
    calendar: createCalendarApi(graph),
    files: createFilesApi(graph, options.send),
    contacts: createContactsApi(graph),
  };
}
