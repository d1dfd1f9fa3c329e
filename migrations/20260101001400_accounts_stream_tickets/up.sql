-- What opens a live stream, once: a browser sends no header of ours with a WebSocket, and addresses end up in logs.
CREATE TABLE stream_tickets (
    digest     bytea       CONSTRAINT stream_tickets_pk PRIMARY KEY
               CONSTRAINT stream_tickets_digest CHECK (octet_length(digest) = 32),
    session_id uuid        NOT NULL CONSTRAINT stream_tickets_session REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX stream_tickets_by_session ON stream_tickets (session_id);
CREATE INDEX stream_tickets_expired ON stream_tickets (expires_at);
