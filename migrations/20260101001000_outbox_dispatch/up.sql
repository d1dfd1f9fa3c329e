-- Where a message broker tells workers what to do, a job is `sent` between the moment when it is handed to the broker
-- and the moment when a worker begins it.
ALTER TABLE jobs
    ADD COLUMN sent_at timestamptz,
    DROP CONSTRAINT jobs_state,
    ADD CONSTRAINT jobs_state CHECK (state IN ('queued', 'sent', 'leased', 'done', 'dead')),
    ADD CONSTRAINT jobs_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL));
CREATE INDEX jobs_sent ON jobs (sent_at) WHERE state = 'sent';
