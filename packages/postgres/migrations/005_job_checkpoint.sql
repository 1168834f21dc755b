-- Where the job's next attempt goes on: the newest value its code gave, gone with the job's end.
ALTER TABLE :"statusplane".job ADD COLUMN checkpoint json;
