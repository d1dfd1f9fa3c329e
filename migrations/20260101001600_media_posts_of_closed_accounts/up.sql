-- What somebody has written whose account is closed is shown to nobody.
ALTER TABLE posts ADD COLUMN hidden boolean NOT NULL DEFAULT false;

-- Everybody reads the posts that are shown, and only those.
DROP INDEX posts_newest;
DROP INDEX posts_by_gardener;
CREATE INDEX posts_newest ON posts (created_at DESC, id DESC) WHERE NOT hidden;
CREATE INDEX posts_by_gardener ON posts (gardener_id, created_at DESC, id DESC);
