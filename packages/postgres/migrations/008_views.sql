-- What was watched: one row per viewer and video. A bit per second, the first one second 0; what lies behind the last is not
-- watched. Rows are merged, never replaced: whoever writes twice, late or after a loss takes nothing away.
CREATE TABLE :"statusplane".view (
  tenant_id text COLLATE "C" NOT NULL,
  video_id text COLLATE "C" NOT NULL,
  viewer text COLLATE "C" NOT NULL,
  watched bit varying NOT NULL,
  watched_seconds int NOT NULL,
  length_seconds int NOT NULL,
  position_seconds float8,
  seen_at timestamptz,
  session bigint NOT NULL,
  version bigint NOT NULL,
  due_at timestamptz,              -- since when enough was watched, as the reports' counting saw it
  attended_at timestamptz,         -- the decision: once set it stays
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, video_id, viewer)
) WITH (fillfactor = 70);
-- a viewer's videos
CREATE INDEX view_viewer ON :"statusplane".view (tenant_id, viewer);
-- retention
CREATE INDEX view_seen ON :"statusplane".view (seen_at);

-- Policies: of a video, or with an empty video_id of the tenant. A NULL policy: there is none any more.
CREATE SEQUENCE :"statusplane".view_policy_revision;
CREATE TABLE :"statusplane".view_policy (
  tenant_id text COLLATE "C" NOT NULL,
  video_id text COLLATE "C" NOT NULL,
  policy json,
  revision bigint NOT NULL DEFAULT nextval(':"statusplane".view_policy_revision'),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, video_id)
);

-- What a change of rows leaves to be done in the status store. An erasure stays for a while: a flush of what was known before
-- it brings nothing back.
CREATE TABLE :"statusplane".view_errand (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  video_id text COLLATE "C",       -- NULL: of all
  viewer text COLLATE "C",         -- NULL: of all
  videos text[] NOT NULL DEFAULT '{}',
  is_policy boolean NOT NULL,      -- else an erasure
  made_at timestamptz NOT NULL DEFAULT now(),
  done_at timestamptz
);
CREATE INDEX view_errand_open ON :"statusplane".view_errand (id) WHERE done_at IS NULL;
CREATE INDEX view_errand_erased ON :"statusplane".view_errand (tenant_id, made_at) WHERE NOT is_policy;

-- Where it is wanted: a line per session and day.
CREATE TABLE :"statusplane".view_log (
  tenant_id text COLLATE "C" NOT NULL,
  video_id text COLLATE "C" NOT NULL,
  viewer text COLLATE "C" NOT NULL,
  session bigint NOT NULL,
  day date NOT NULL,
  began_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  counted_seconds int NOT NULL,
  muted_seconds int NOT NULL,
  hidden_seconds int NOT NULL,
  speed float8 NOT NULL,
  PRIMARY KEY (tenant_id, video_id, viewer, session, day)
);
CREATE INDEX view_log_day ON :"statusplane".view_log (day);

-- Both together, however long each is.
CREATE FUNCTION :"statusplane".merge_watched(one bit varying, other bit varying) RETURNS bit varying
LANGUAGE sql IMMUTABLE AS $$
  SELECT (one || repeat('0', greatest(length(other) - length(one), 0))::bit varying)
       | (other || repeat('0', greatest(length(one) - length(other), 0))::bit varying)
$$;

CREATE FUNCTION :"statusplane".count_watched(watched bit varying) RETURNS int
LANGUAGE sql IMMUTABLE AS $$ SELECT length(replace(watched::text, '0', '')) $$;

-- Whether so much is enough by the policy that holds: the video's, else the tenant's, else 90 %.
CREATE FUNCTION :"statusplane".is_attended(
  of_tenant text, of_video text, watched_seconds int, length_seconds int, since timestamptz
) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT length_seconds > 0
    AND watched_seconds >= greatest(1, ceil(length_seconds * coalesce((holding.policy->>'attended_percent')::int, 90) / 100.0))
    AND coalesce(since <= (holding.policy->>'deadline')::timestamptz, true)
  FROM (SELECT coalesce(
    (SELECT policy FROM :"statusplane".view_policy WHERE tenant_id = of_tenant AND video_id = of_video),
    (SELECT policy FROM :"statusplane".view_policy WHERE tenant_id = of_tenant AND video_id = '')
  ) AS policy) AS holding
$$;
