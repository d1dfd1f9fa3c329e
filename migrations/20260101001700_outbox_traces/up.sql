-- The piece of work that asked for a job or made a fact: a `traceparent` of W3C Trace Context.
ALTER TABLE jobs ADD COLUMN trace_parent text;
ALTER TABLE events ADD COLUMN trace_parent text;
