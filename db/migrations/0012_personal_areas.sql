-- The personal areas of a shared connection (mail, calendars) that its owner has shared with the workspace, by name.
ALTER TABLE connection ADD COLUMN shared_areas text[] NOT NULL DEFAULT '{}';
