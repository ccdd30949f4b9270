-- Optional: it makes reading few rows faster, and changes no answer.
-- Who reads few rows unpacks the blocks they are in: those of the narrow columns are smaller from now
-- on, those of texts stay as they are. What is stored has them once it is merged.
-- docs/decisions/0022-small-blocks.md has the measurements.
ALTER TABLE spans
    (MODIFY COLUMN attributes     MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN events         MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN links          MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN input          MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN output         MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN status_message MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY COLUMN scores         MODIFY SETTING min_compress_block_size = 65536),
    (MODIFY SETTING min_compress_block_size = 8192)
