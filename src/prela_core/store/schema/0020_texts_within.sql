-- Input and output that are the text of an attribute are kept as its place there: the first byte of
-- the JSON string, counted from 1 as the engine counts, and how many bytes it has with its quotes.
-- A length of 0 says that the text is kept apart, in `input` and `output`, as in each row from
-- before. prela_core.store.within finds the places; docs/decisions/0028-texts-within.md has the
-- measurements.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS input_at      UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS input_length  UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS output_at     UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS output_length UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS input_text String ALIAS
        if(input_length = 0, input, JSONExtractString(substring(attributes, input_at, input_length))),
    ADD COLUMN IF NOT EXISTS output_text String ALIAS
        if(output_length = 0, output, JSONExtractString(substring(attributes, output_at, output_length)))
