-- What is shown of an offering's pictures, in order: a read model, so that browse and an offering's page need no other
-- table for them. Whoever keeps the pictures writes it, and reads it.
ALTER TABLE offerings ADD COLUMN pictures jsonb NOT NULL DEFAULT '[]';
