-- How an attempt went over the wire, beside what was sent and what came back: the address that was dialled and what the others
-- answered, whether the connection was used before, how long the body was before it was decompressed. Null: not known.
alter table attempts add column wire json;
