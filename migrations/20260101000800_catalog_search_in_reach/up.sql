-- Words among what somebody reaches: for a visitor of few centers the index answers both at once, where either alone
-- would find thousands of rows to throw away. It answers for words alone as well.
CREATE INDEX offerings_search_in_reach ON offerings USING gin (search, reach) WHERE browsable;
DROP INDEX offerings_search;
