-- Embedded: a server has files of its own to think of, and may know of no such parts.
-- A small part is one file and not two dozen, which cost more to make than the rows in them to write.
-- docs/decisions/0034-packed-parts.md has the measurements.
ALTER TABLE spans MODIFY SETTING min_rows_for_full_part_storage = 30000
