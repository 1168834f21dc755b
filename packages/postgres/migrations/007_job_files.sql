-- [{"name", "bytes"}] of the files that the successful attempt declared; null: none
ALTER TABLE :"statusplane".job ADD COLUMN files json;
