/** Calls a page of the log; the server's prefetch and the browser's query ask for the same. */
export const callsPageSize = 50;
