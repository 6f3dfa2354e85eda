-- How an attempt went: the time of each phase, the address that was dialled, and the certificate that the receiver showed. At most
-- some 4 KiB. Null: not known, as of attempts that an older version has recorded.
alter table attempts add column transport jsonb;
