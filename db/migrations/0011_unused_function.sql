-- Nothing asks whether a slug is taken: whoever makes or renames a workspace is told by the unique constraint.
DROP FUNCTION hub_slug_taken(text);
