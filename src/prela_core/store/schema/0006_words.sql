-- Optional: it makes searches faster, and changes none.
-- Where the words of a span's texts stand: prela_core.store.word_index reads it. It is left out at
-- insert; what is stored is indexed in the background, once it rests.
-- docs/decisions/0018-asking.md has the measurements.
ALTER TABLE spans ADD INDEX IF NOT EXISTS words
        lowerUTF8(concat(input, '\n', output, '\n', name, '\n', status_message, '\n', attributes, '\n', events))
        TYPE text(tokenizer = splitByNonAlpha),
    MATERIALIZE INDEX words
