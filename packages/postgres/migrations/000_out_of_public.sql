-- An installation that was begun before its tables had a schema of their own: they are in public, where these files
-- were applied then. Everywhere else this changes nothing.
DO $$
BEGIN
  IF EXISTS (SELECT FROM :"statusplane".schema_migration WHERE space = 'statusplane' AND name = '001_jobs.sql') THEN
    ALTER TABLE public.job SET SCHEMA :"statusplane";
    ALTER TABLE public.job_outbox SET SCHEMA :"statusplane";
    ALTER SEQUENCE public.job_generation SET SCHEMA :"statusplane";
    ALTER TABLE public.reconciler SET SCHEMA :"statusplane";
    ALTER TABLE public.idempotency SET SCHEMA :"statusplane";
  END IF;
  IF EXISTS (SELECT FROM :"statusplane".schema_migration WHERE space = 'statusplane' AND name = '003_job_attempt.sql') THEN
    ALTER TABLE public.job_attempt SET SCHEMA :"statusplane";
  END IF;
END
$$;
