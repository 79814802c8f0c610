/** Calls shown for a connection; the server's prefetch and the browser's query ask for the same. */
export const recentCallCount = 8;
