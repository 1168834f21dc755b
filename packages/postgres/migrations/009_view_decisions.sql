-- A change of a policy stays for a week, with how many views it has decided; until done_at is set it still decides.
ALTER TABLE :"statusplane".view_errand ADD COLUMN decided int NOT NULL DEFAULT 0;
CREATE INDEX view_errand_policy ON :"statusplane".view_errand (tenant_id, id) WHERE is_policy;
