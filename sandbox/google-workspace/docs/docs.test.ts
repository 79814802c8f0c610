import { auth, type docs_v1, docs as docsClient } from "@googleapis/docs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestTool, type TestTool } from "../../testing";

/** The simulated Docs, driven by Google's own client. */

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;

let tool: TestTool<{ access_token: string }, Readonly<Record<string, unknown>>>;
let ann: docs_v1.Docs;
let gita: docs_v1.Docs;
let decisions = "";

async function clientOf(person: string, ...scopes: readonly string[]): Promise<docs_v1.Docs> {
  const { access_token } = await tool.connect(scopes.map(scope), person);
  const credentials = new auth.OAuth2();
  credentials.setCredentials({ access_token });
  if (decisions === "") {
    const q = encodeURIComponent("name = 'Courier app 3.0: decisions'");
    const answer = await fetch(`${tool.origin}/drive/v3/files?q=${q}`, { headers: { authorization: `Bearer ${access_token}` } });
    const { files } = (await answer.json()) as { files: { id: string }[] };
    decisions = files[0]?.id ?? "";
  }
  return docsClient({ version: "v1", auth: credentials, rootUrl: `${tool.origin}/`, retry: false });
}

beforeAll(async () => {
  tool = await startTestTool("google-workspace");
  ann = await clientOf("ann@acme.example", "drive.readonly", "documents");
  gita = await clientOf("gita@acme.example", "documents");
});
afterAll(() => tool.close());

async function failureOf(work: Promise<unknown>): Promise<{ readonly status: number; readonly message: string; readonly name: string }> {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response?: { status: number; data?: { error?: { message?: string; status?: string } } } };
    return { status: response?.status ?? 0, message: response?.data?.error?.message ?? "", name: response?.data?.error?.status ?? "" };
  }
  throw new Error("A refusal was expected.");
}

const textOf = (document: docs_v1.Schema$Document): string =>
  (document.body?.content ?? [])
    .flatMap(({ paragraph }) => (paragraph?.elements ?? []).map(({ textRun }) => textRun?.content ?? ""))
    .join("");

async function made(text: string): Promise<{ readonly documentId: string; readonly revisionId: string }> {
  const { data } = await ann.documents.create({ requestBody: { title: "Test" } });
  const documentId = data.documentId ?? "";
  if (text !== "") {
    await ann.documents.batchUpdate({ documentId, requestBody: { requests: [{ insertText: { location: { index: 1 }, text } }] } });
  }
  const { data: now } = await ann.documents.get({ documentId });
  return { documentId, revisionId: now.revisionId ?? "" };
}

const change = (documentId: string, requests: docs_v1.Schema$Request[], writeControl?: docs_v1.Schema$WriteControl) =>
  ann.documents.batchUpdate({ documentId, requestBody: { requests, ...(writeControl === undefined ? {} : { writeControl }) } });

describe("reading", () => {
  it("gives the first tab by itself, and all of them when they are asked for", async () => {
    const { data: first } = await ann.documents.get({ documentId: decisions });
    expect([first.tabs, first.title]).toEqual([undefined, "Courier app 3.0: decisions"]);
    const { data: all } = await ann.documents.get({ documentId: decisions, includeTabsContent: true });
    expect(all.body).toBeUndefined();
    expect(all.tabs?.map(({ tabProperties }) => tabProperties?.title)).toEqual(["Decisions", "Open questions"]);
    expect(all.tabs?.[1]?.childTabs?.[0]?.tabProperties).toMatchObject({ title: "Later", nestingLevel: 1 });
  });

  it("has indices in UTF-16 units that fit together", async () => {
    const { documentId } = await made("a🙂b\nזה");
    const { data } = await ann.documents.get({ documentId });
    expect(data.body?.content?.slice(1).map(({ startIndex, endIndex }) => [startIndex, endIndex])).toEqual([
      [1, 6],
      [6, 9],
    ]);
  });

  it("shows suggestions and a revision to those who may edit, and neither to readers", async () => {
    const inline = JSON.stringify((await ann.documents.get({ documentId: decisions })).data);
    expect(inline).toContain("suggestedInsertionIds");
    const { data: preview } = await gita.documents.get({ documentId: decisions });
    expect(JSON.stringify(preview)).not.toContain("suggest.1");
    expect([preview.revisionId, preview.suggestionsViewMode]).toEqual([undefined, "PREVIEW_WITHOUT_SUGGESTIONS"]);
    expect(await failureOf(gita.documents.get({ documentId: decisions, suggestionsViewMode: "SUGGESTIONS_INLINE" }))).toMatchObject({
      status: 403,
    });
    expect(await failureOf(gita.documents.batchUpdate({ documentId: decisions, requestBody: { requests: [] } }))).toMatchObject({
      status: 403,
    });
  });

  it("refuses what is gone, and what is no document, in its own shape", async () => {
    expect(await failureOf(ann.documents.get({ documentId: "nowhere" }))).toMatchObject({ status: 404, name: "NOT_FOUND" });
  });
});

describe("batch updates", () => {
  it("insert, delete and style by index, all or nothing", async () => {
    const { documentId } = await made("One two three");
    await change(documentId, [
      { insertText: { location: { index: 5 }, text: "and a half " } },
      { deleteContentRange: { range: { startIndex: 1, endIndex: 5 } } },
      { updateTextStyle: { range: { startIndex: 1, endIndex: 4 }, textStyle: { bold: true }, fields: "bold" } },
    ]);
    const { data } = await ann.documents.get({ documentId });
    expect(textOf(data)).toBe("and a half two three\n");
    expect(data.body?.content?.[1]?.paragraph?.elements?.[0]?.textRun).toMatchObject({ content: "and", textStyle: { bold: true } });
    const failing = [{ insertText: { location: { index: 1 }, text: "x" } }, { insertText: { location: { index: 999 }, text: "y" } }];
    expect(await failureOf(change(documentId, failing))).toMatchObject({ status: 400, name: "INVALID_ARGUMENT" });
    expect(textOf((await ann.documents.get({ documentId })).data)).toBe("and a half two three\n");
  });

  it("are refused on another revision than the one required", async () => {
    const { documentId, revisionId } = await made("text");
    const insert = { insertText: { endOfSegmentLocation: {}, text: "!" } };
    const { data } = await change(documentId, [insert], { requiredRevisionId: revisionId });
    expect(data.writeControl?.requiredRevisionId).not.toBe(revisionId);
    expect(await failureOf(change(documentId, [insert], { requiredRevisionId: revisionId }))).toMatchObject({ status: 400 });
    expect(textOf((await ann.documents.get({ documentId })).data)).toBe("text!\n");
  });

  it("make lists of paragraphs, their tabs as levels, and headings", async () => {
    const { documentId } = await made("Head\none\n\tinner\ntwo");
    await change(documentId, [
      {
        updateParagraphStyle: {
          range: { startIndex: 1, endIndex: 2 },
          paragraphStyle: { namedStyleType: "HEADING_2" },
          fields: "namedStyleType",
        },
      },
      { createParagraphBullets: { range: { startIndex: 6, endIndex: 20 }, bulletPreset: "NUMBERED_DECIMAL_ALPHA_ROMAN" } },
    ]);
    const { data } = await ann.documents.get({ documentId });
    const paragraphs = (data.body?.content ?? []).flatMap(({ paragraph }) => (paragraph ? [paragraph] : []));
    expect(paragraphs.map(({ bullet }) => bullet?.nestingLevel ?? (bullet ? 0 : null))).toEqual([null, 0, 1, 0]);
    expect(paragraphs[0]?.paragraphStyle?.namedStyleType).toBe("HEADING_2");
    expect(textOf(data)).toBe("Head\none\ninner\ntwo\n");
  });

  it("keep named ranges where their text is", async () => {
    const { documentId } = await made("one two");
    const { data } = await change(documentId, [{ createNamedRange: { name: "two", range: { startIndex: 5, endIndex: 8 } } }]);
    await change(documentId, [{ insertText: { location: { index: 1 }, text: "zero " } }]);
    const { data: now } = await ann.documents.get({ documentId });
    expect(now.namedRanges?.two?.namedRanges?.[0]?.ranges?.[0]).toMatchObject({ startIndex: 10, endIndex: 13 });
    await change(documentId, [{ deleteNamedRange: { namedRangeId: data.replies?.[0]?.createNamedRange?.namedRangeId ?? "" } }]);
    expect((await ann.documents.get({ documentId })).data.namedRanges).toBeUndefined();
  });

  it("refuse half a character, the last line end, an empty range, two requests in one, and what they do not know", async () => {
    const { documentId } = await made("a🙂b");
    const wrong: docs_v1.Schema$Request[] = [
      { deleteContentRange: { range: { startIndex: 3, endIndex: 4 } } },
      { deleteContentRange: { range: { startIndex: 1, endIndex: 6 } } },
      { deleteContentRange: { range: { startIndex: 2, endIndex: 2 } } },
      { insertText: { location: { index: 1 }, text: "x" }, deleteParagraphBullets: { range: { startIndex: 1, endIndex: 2 } } },
      { updateTextStyle: { range: { startIndex: 1, endIndex: 2 }, textStyle: {}, fields: "nope" } },
      { insertPageBreak: { location: { index: 1 } } },
    ];
    for (const request of wrong) expect(await failureOf(change(documentId, [request]))).toMatchObject({ status: 400 });
  });

  it("fail inside Google over a suggestion", async () => {
    const { data } = await ann.documents.get({ documentId: decisions });
    const elements = (data.body?.content ?? []).flatMap(({ paragraph }) => paragraph?.elements ?? []);
    const suggested = elements.find(({ textRun }) => textRun?.suggestedDeletionIds);
    const range = { startIndex: suggested?.startIndex ?? 0, endIndex: suggested?.endIndex ?? 0 };
    expect(await failureOf(change(decisions, [{ deleteContentRange: { range } }]))).toMatchObject({ status: 500 });
  });

  it("replace everywhere, tables included", async () => {
    const { data } = await change(decisions, [
      { replaceAllText: { containsText: { text: "ben", matchCase: false }, replaceText: "Benjamin" } },
    ]);
    expect(data.replies?.[0]?.replaceAllText?.occurrencesChanged).toBe(1);
    expect(JSON.stringify((await ann.documents.get({ documentId: decisions })).data)).toContain("Benjamin | Ann");
  });
});
