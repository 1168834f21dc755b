import type { FullView, SessionLog, ViewRef, WrittenView } from "@statusplane/core";
import type { Context } from "./settings.ts";
import type { Statement } from "./statement.ts";
import { asMs, msOrNull, toBits, toViewRef } from "./view-rows.ts";

/**
 * What is new is merged with what is there, and decides. Written only by whoever leads ($1), and never what was erased since
 * the status store knows it.
 */
const FLUSH_VIEWS: Statement = {
  name: "flush_views",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    WITH fit AS (
      SELECT given.*
      FROM unnest($2::text[], $3::text[], $4::text[], $5::bit varying[], $6::int[], $7::float8[], $8::float8[],
          $9::bigint[], $10::bigint[], $11::float8[], $12::float8[])
        AS given (tenant_id, video_id, viewer, watched, length_seconds, position_seconds, seen_ms, session, version, due_ms, since_ms)
      WHERE EXISTS (SELECT FROM :"statusplane".reconciler WHERE owner = $1::text AND lease_until > now())
        AND NOT EXISTS (
          SELECT FROM :"statusplane".view_errand AS gone
          WHERE NOT gone.is_policy AND gone.tenant_id = given.tenant_id
            AND gone.made_at > to_timestamp(given.since_ms / 1000)
            AND coalesce(gone.video_id, given.video_id) = given.video_id
            AND coalesce(gone.viewer, given.viewer) = given.viewer)
      ORDER BY tenant_id, video_id, viewer
    )
    INSERT INTO :"statusplane".view AS held (tenant_id, video_id, viewer, watched, watched_seconds, length_seconds,
      position_seconds, seen_at, session, version, due_at, attended_at)
    SELECT tenant_id, video_id, viewer, watched, :"statusplane".count_watched(watched), length_seconds,
      position_seconds, to_timestamp(seen_ms / 1000), session, version, to_timestamp(due_ms / 1000),
      CASE WHEN :"statusplane".is_attended(tenant_id, video_id, :"statusplane".count_watched(watched), length_seconds,
        to_timestamp(coalesce(due_ms, seen_ms) / 1000)) THEN now() END
    FROM fit
    ON CONFLICT (tenant_id, video_id, viewer) DO UPDATE SET
      watched = :"statusplane".merge_watched(held.watched, excluded.watched),
      watched_seconds = :"statusplane".count_watched(:"statusplane".merge_watched(held.watched, excluded.watched)),
      length_seconds = CASE WHEN excluded.length_seconds > 0 THEN excluded.length_seconds ELSE held.length_seconds END,
      position_seconds = CASE WHEN held.seen_at > excluded.seen_at THEN held.position_seconds ELSE excluded.position_seconds END,
      seen_at = greatest(held.seen_at, excluded.seen_at),
      session = greatest(held.session, excluded.session),
      version = CASE WHEN excluded.session >= held.session THEN excluded.version ELSE held.version END,
      due_at = least(held.due_at, excluded.due_at),
      attended_at = coalesce(held.attended_at, CASE WHEN :"statusplane".is_attended(held.tenant_id, held.video_id,
        :"statusplane".count_watched(:"statusplane".merge_watched(held.watched, excluded.watched)),
        CASE WHEN excluded.length_seconds > 0 THEN excluded.length_seconds ELSE held.length_seconds END,
        coalesce(least(held.due_at, excluded.due_at), excluded.seen_at)) THEN now() END),
      updated_at = now()
    RETURNING tenant_id, video_id, viewer, watched_seconds, ${asMs("attended_at")} AS attended_ms`,
};

/** A line grows until its session is over; a repeated flush writes the same. */
const FLUSH_LOG: Statement = {
  name: "flush_view_log",
  cause: "housekeeping",
  side: "background",
  repeatable: true,
  text: `
    INSERT INTO :"statusplane".view_log AS held (tenant_id, video_id, viewer, session, day, began_at, ended_at,
      counted_seconds, muted_seconds, hidden_seconds, speed)
    SELECT tenant_id, video_id, viewer, session, (to_timestamp(ended_ms / 1000) AT TIME ZONE 'UTC')::date,
      to_timestamp(began_ms / 1000), to_timestamp(ended_ms / 1000), counted, muted, hidden, speed
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::float8[], $6::float8[], $7::int[], $8::int[], $9::int[], $10::float8[])
      AS given (tenant_id, video_id, viewer, session, began_ms, ended_ms, counted, muted, hidden, speed)
    WHERE EXISTS (SELECT FROM :"statusplane".view AS written
      WHERE written.tenant_id = given.tenant_id AND written.video_id = given.video_id AND written.viewer = given.viewer)
    ORDER BY tenant_id, video_id, viewer, session
    ON CONFLICT (tenant_id, video_id, viewer, session, day) DO UPDATE SET
      began_at = least(held.began_at, excluded.began_at),
      ended_at = greatest(held.ended_at, excluded.ended_at),
      counted_seconds = greatest(held.counted_seconds, excluded.counted_seconds),
      muted_seconds = greatest(held.muted_seconds, excluded.muted_seconds),
      hidden_seconds = greatest(held.hidden_seconds, excluded.hidden_seconds),
      speed = greatest(held.speed, excluded.speed)`,
};

/** At most 1,000 views, of any tenants; with `log` one statement more for each 1,000 sessions of theirs. */
export async function flushViews(
  { send }: Context,
  views: readonly FullView[],
  { owner, log }: { readonly owner: string; readonly log: boolean },
): Promise<readonly WrittenView[]> {
  if (views.length === 0) return [];
  const rows = await send(FLUSH_VIEWS, [
    owner,
    ...refColumnsOf(views),
    views.map(({ watched }) => toBits(watched)),
    views.map(({ lengthSeconds }) => lengthSeconds),
    views.map(({ positionSeconds }) => positionSeconds),
    views.map(({ seenAtMs }) => seenAtMs),
    views.map(({ session }) => session),
    views.map(({ version }) => version),
    views.map(({ dueAtMs }) => dueAtMs),
    views.map(({ knownSinceMs }) => knownSinceMs),
  ]);
  if (log && rows.length > 0) await flushLog({ send }, views);
  return rows.map((row) => ({
    ref: toViewRef(row),
    attendedAtMs: msOrNull(row["attended_ms"]),
    watchedSeconds: Number(row["watched_seconds"]),
  }));
}

const LINES_AT_ONCE = 1_000;

async function flushLog({ send }: Pick<Context, "send">, views: readonly FullView[]): Promise<void> {
  const lines = views.flatMap(({ ref, sessions }) => sessions.map((line) => ({ ref, line })));
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const some = lines.slice(from, from + LINES_AT_ONCE);
    const column = (of: (line: SessionLog) => number): number[] => some.map(({ line }) => of(line));
    await send(FLUSH_LOG, [
      ...refColumnsOf(some),
      column(({ session }) => session),
      column(({ beganAtMs }) => beganAtMs),
      column(({ endedAtMs }) => endedAtMs),
      column(({ countedSeconds }) => countedSeconds),
      column(({ mutedSeconds }) => mutedSeconds),
      column(({ hiddenSeconds }) => hiddenSeconds),
      column(({ speed }) => speed),
    ]);
  }
}

function refColumnsOf(views: readonly { readonly ref: ViewRef }[]): [string[], string[], string[]] {
  return [
    views.map(({ ref }) => ref.tenant),
    views.map(({ ref }) => ref.video),
    views.map(({ ref }) => ref.viewer),
  ];
}
