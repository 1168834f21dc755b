-- Students that were imported before the application's tables had a schema of their own are in public.
DO $$
BEGIN
  IF EXISTS (SELECT FROM :"statusplane".schema_migration WHERE space = 'academy' AND name = '001_students.sql') THEN
    ALTER TABLE public.student SET SCHEMA :"academy";
    ALTER TABLE public.import_checkpoint SET SCHEMA :"academy";
  END IF;
END
$$;
