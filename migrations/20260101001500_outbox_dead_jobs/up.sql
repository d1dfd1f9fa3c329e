-- They are counted at every look at the system's figures, among a week's jobs that went well.
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE state = 'dead';
