import { z } from "zod";

/** What the hub reads of Gmail v1 (its discovery document); unknown fields are dropped. */

export const profile = z.object({ emailAddress: z.string() });

export const label = z.object({ id: z.string().min(1), name: z.string().nullish(), type: z.string().nullish() });
export type Label = z.infer<typeof label>;

export const labelsList = z.object({ labels: z.array(label).default([]) });

/** Rows of a list carry their ids alone. */
export const messagesPage = z.object({
  messages: z.array(z.object({ id: z.string().min(1) })).default([]),
  nextPageToken: z.string().nullish(),
});

const header = z.object({ name: z.string(), value: z.string() });

export interface MessagePart {
  readonly partId?: string | null | undefined;
  readonly mimeType?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly headers?: readonly { readonly name: string; readonly value: string }[] | null | undefined;
  readonly body?:
    | {
        readonly attachmentId?: string | null | undefined;
        readonly size?: number | null | undefined;
        readonly data?: string | null | undefined;
      }
    | null
    | undefined;
  readonly parts?: readonly MessagePart[] | null | undefined;
}

export const messagePart: z.ZodType<MessagePart> = z.object({
  partId: z.string().nullish(),
  mimeType: z.string().nullish(),
  filename: z.string().nullish(),
  headers: z.array(header).nullish(),
  body: z.object({ attachmentId: z.string().nullish(), size: z.number().nullish(), data: z.string().nullish() }).nullish(),
  parts: z.array(z.lazy(() => messagePart)).nullish(),
});

/** `internalDate` is epoch milliseconds as text. */
export const message = z.object({
  id: z.string().min(1),
  threadId: z.string().nullish(),
  labelIds: z.array(z.string()).nullish(),
  snippet: z.string().nullish(),
  internalDate: z.string().regex(/^\d+$/),
  payload: messagePart.nullish(),
});
export type Message = z.infer<typeof message>;

export const rawMessage = z.object({ id: z.string().min(1), raw: z.string() });

export const thread = z.object({ id: z.string().min(1), messages: z.array(message).default([]) });
export type Thread = z.infer<typeof thread>;

export const attachmentBody = z.object({ data: z.string() });
