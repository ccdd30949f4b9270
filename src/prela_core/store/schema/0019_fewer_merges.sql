-- Optional: it makes storing cheaper, and changes no answer.
-- Parts are merged when there are more of one size: each row is written anew less often while much is
-- stored. docs/decisions/0027-merges.md has the measurements.
ALTER TABLE spans MODIFY SETTING merge_selector_base = 10
