CREATE TABLE :"shop".book (title text PRIMARY KEY);
