-- How many of those who are taught, or of what is repaired, come out as they should.

ALTER TABLE "processes" ADD COLUMN "pass_share" BIGINT;
