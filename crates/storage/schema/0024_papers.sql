-- What printed documents say of parties, places and items beside their names, and the numbers by which others know them.

ALTER TABLE "parties" ADD COLUMN "ncage" TEXT;
ALTER TABLE "parties" ADD COLUMN "gln" TEXT;
ALTER TABLE "parties" ADD COLUMN "address" TEXT;
ALTER TABLE "parties" ADD COLUMN "contact" TEXT;
ALTER TABLE "places" ADD COLUMN "gln" TEXT;
ALTER TABLE "places" ADD COLUMN "address" TEXT;
ALTER TABLE "items" ADD COLUMN "ncage" TEXT;
ALTER TABLE "items" ADD COLUMN "part_number" TEXT;
ALTER TABLE "items" ADD COLUMN "gtin" TEXT;
ALTER TABLE "items" ADD COLUMN "proper_shipping_name" TEXT;
ALTER TABLE "items" ADD COLUMN "packing_group" TEXT;
ALTER TABLE "items" ADD COLUMN "net_explosive_kg" BIGINT;
