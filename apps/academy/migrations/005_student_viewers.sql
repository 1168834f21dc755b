-- By whose sign-in a student watches, where that is not the student's number.
CREATE TABLE :"academy".student_viewer (
  tenant_id text COLLATE "C" NOT NULL,
  student_no text COLLATE "C" NOT NULL,
  viewer text COLLATE "C" NOT NULL CHECK (viewer <> ''),
  PRIMARY KEY (tenant_id, student_no),
  UNIQUE (tenant_id, viewer),
  FOREIGN KEY (tenant_id, student_no) REFERENCES :"academy".student (tenant_id, student_no) ON DELETE CASCADE
);
