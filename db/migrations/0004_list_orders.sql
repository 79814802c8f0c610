-- A page of a directory by time or by size costs what a page costs, however many children there are. What has no time or size comes first.
-- CASE and not coalesce: under row-level security an index serves only expressions that PostgreSQL knows not to leak, and coalesce is none.
CREATE INDEX vfs_node_by_time ON vfs_node (workspace_id, parent_path, (CASE WHEN modified_at IS NULL THEN '-infinity' ELSE modified_at END), path);
CREATE INDEX vfs_node_by_size ON vfs_node (workspace_id, parent_path, (CASE WHEN size_bytes IS NULL THEN -1 ELSE size_bytes END), path);
