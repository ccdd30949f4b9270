-- Optional: it makes merges faster, and changes no answer.
-- The index `words` would be built anew by each merge. Parts that stay as they are get it from
-- prela_core.store.vocabulary instead. docs/decisions/0024-words-at-rest.md has the measurements.
ALTER TABLE spans MODIFY SETTING exclude_materialize_skip_indexes_on_merge = 'words'
