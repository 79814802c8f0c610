// Stands in for `server-only` outside Next's bundler, where the package would throw on import.
export {};
