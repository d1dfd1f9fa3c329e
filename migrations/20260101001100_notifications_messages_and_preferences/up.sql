-- What the notification center shows. It is finished text: what was said stays as it was said.
CREATE TABLE notifications (
    id         uuid        CONSTRAINT notifications_pk PRIMARY KEY,
    cause      text        NOT NULL CONSTRAINT notifications_cause CHECK (length(cause) BETWEEN 1 AND 200),
    kind       text        NOT NULL,
    user_id    uuid        NOT NULL CONSTRAINT notifications_user REFERENCES users,
    title      text        NOT NULL,
    body       text        NOT NULL,
    link       text,
    created_at timestamptz NOT NULL,
    read_at    timestamptz,
    CONSTRAINT notifications_once UNIQUE (cause, kind, user_id)
);
CREATE INDEX notifications_newest ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id, created_at DESC, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL;

-- Mail and text messages, from being told to having left.
CREATE TABLE notification_messages (
    id            uuid        CONSTRAINT notification_messages_pk PRIMARY KEY,
    cause         text        NOT NULL CONSTRAINT notification_messages_cause CHECK (length(cause) BETWEEN 1 AND 200),
    kind          text        NOT NULL,
    channel       text        NOT NULL CONSTRAINT notification_messages_channel CHECK (channel IN ('email', 'sms')),
    -- Who it is for: the account, or the digest of a guest's address.
    recipient     text        NOT NULL,
    user_id       uuid        CONSTRAINT notification_messages_user REFERENCES users,
    -- These three are forgotten a while after the message has left.
    address       text,
    display_name  text,
    content       jsonb,
    -- Whether the content opens something, and is forgotten as soon as the message has left.
    secret        boolean     NOT NULL,
    state         text        NOT NULL DEFAULT 'pending' CONSTRAINT notification_messages_state
                  CHECK (state IN ('pending', 'sent', 'refused', 'given_up', 'cancelled')),
    attempts      integer     NOT NULL DEFAULT 0,
    -- Until when somebody who is sending it has it to themselves.
    claimed_until timestamptz,
    failure       text,
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    CONSTRAINT notification_messages_once UNIQUE (cause, kind, recipient, channel),
    CONSTRAINT notification_messages_end CHECK ((state = 'pending') = (ended_at IS NULL)),
    CONSTRAINT notification_messages_failure CHECK (state NOT IN ('refused', 'given_up') OR failure IS NOT NULL),
    CONSTRAINT notification_messages_sendable
        CHECK (state <> 'pending' OR (address IS NOT NULL AND display_name IS NOT NULL AND content IS NOT NULL)),
    CONSTRAINT notification_messages_secret_gone CHECK (NOT secret OR content IS NULL OR state IN ('pending', 'given_up'))
) WITH (fillfactor = 85);
CREATE INDEX notification_messages_unsent ON notification_messages (created_at) WHERE state IN ('pending', 'given_up');
CREATE INDEX notification_messages_kept ON notification_messages (ended_at) WHERE address IS NOT NULL;

-- Who wants what otherwise than by default.
CREATE TABLE notification_preferences (
    user_id    uuid        NOT NULL CONSTRAINT notification_preferences_user REFERENCES users,
    kind       text        NOT NULL,
    channel    text        NOT NULL CONSTRAINT notification_preferences_channel CHECK (channel IN ('in_app', 'email', 'sms')),
    enabled    boolean     NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT notification_preferences_pk PRIMARY KEY (user_id, kind, channel)
);
